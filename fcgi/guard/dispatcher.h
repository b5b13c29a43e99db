// SPDX-License-Identifier: Apache-2.0
// Dispatcher: the way of a request, from the web server to who answers it.
#pragma once

#include <memory>

#include "fcgi/guard/authorizer.h"
#include "fcgi/guard/resource_metadata.h"
#include "fcgi/guard/responder.h"
#include "fcgi/guard/router.h"
#include "fcgi/http/exchange.h"

namespace fcgi {

// Thread-safe. All must outlive it, and it must outlive what it handles.
class Dispatcher {
 public:
  Dispatcher(const Router& router, const Authorizer& authorizer, const ResourceMetadata& metadata,
             const Responder& responder)
      : router_(router), authorizer_(authorizer), metadata_(metadata), responder_(responder) {}

  // Finishes the exchange, now or, where ZITADEL has to be asked, later and on another thread.
  void handle(std::unique_ptr<Exchange> exchange) const;

 private:
  void respond(std::unique_ptr<Exchange> exchange) const;

  const Router& router_;
  const Authorizer& authorizer_;
  const ResourceMetadata& metadata_;
  const Responder& responder_;
};

}  // namespace fcgi
