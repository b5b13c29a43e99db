// Dispatcher: the way of a request, from the web server to an endpoint and back.
#pragma once

#include <memory>
#include <string>

#include "auth/token_validator.h"
#include "fcgi/exchange.h"
#include "fcgi/router.h"

namespace fcgi {

// Thread-safe. The router and the validator must outlive it, and it must outlive what it handles.
class Dispatcher {
 public:
  Dispatcher(const Router& router, auth::TokenValidator& validator, std::string realm)
      : router_(router), validator_(validator), realm_(std::move(realm)) {}

  // Finishes the exchange, now or, where ZITADEL has to be asked, later and on another thread.
  void handle(std::unique_ptr<Exchange> exchange);

 private:
  void answer(Exchange& exchange, const Endpoint& endpoint,
              const auth::TokenValidator::Answer& answer) const;

  const Router& router_;
  auth::TokenValidator& validator_;
  const std::string realm_;
};

}  // namespace fcgi
