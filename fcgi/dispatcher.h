// Dispatcher: the way of a request, from the web server to who answers it.
#pragma once

#include <memory>

#include "fcgi/authorizer.h"
#include "fcgi/exchange.h"
#include "fcgi/gatekeeper.h"
#include "fcgi/resource_metadata.h"
#include "fcgi/router.h"

namespace fcgi {

// Thread-safe. All must outlive it, and it must outlive what it handles.
class Dispatcher {
 public:
  Dispatcher(const Router& router, const Authorizer& authorizer, const ResourceMetadata& metadata,
             const Gatekeeper& gatekeeper)
      : router_(router), authorizer_(authorizer), metadata_(metadata), gatekeeper_(gatekeeper) {}

  // Finishes the exchange, now or, where ZITADEL has to be asked, later and on another thread.
  void handle(std::unique_ptr<Exchange> exchange) const;

 private:
  void respond(std::unique_ptr<Exchange> exchange) const;

  const Router& router_;
  const Authorizer& authorizer_;
  const ResourceMetadata& metadata_;
  const Gatekeeper& gatekeeper_;
};

}  // namespace fcgi
