// SPDX-License-Identifier: Apache-2.0
// Dispatcher: takes a request from the web server to the part that answers it.
#pragma once

#include <memory>

#include "auth/base/metrics.h"
#include "fcgi/guard/authorizer.h"
#include "fcgi/guard/own_pages.h"
#include "fcgi/guard/resource_metadata.h"
#include "fcgi/guard/responder.h"
#include "fcgi/guard/router.h"
#include "fcgi/http/exchange.h"
#include "fcgi/monitor/names.h"

namespace fcgi {

// Thread-safe. All must outlive it, and it must outlive what it handles.
class Dispatcher {
 public:
  Dispatcher(const Router& router, const Authorizer& authorizer, const ResourceMetadata& metadata,
             const Responder& responder, const OwnPages* own_pages = nullptr,
             auth::Metrics& metrics = auth::Metrics::unread())
      : router_(router),
        authorizer_(authorizer),
        metadata_(metadata),
        responder_(responder),
        own_pages_(own_pages),
        metrics_(metrics) {}

  // Finishes the exchange, now or, if ZITADEL has to be asked, later and on another thread.
  void handle(std::unique_ptr<Exchange> exchange) const;

 private:
  void respond(std::unique_ptr<Exchange> exchange) const;
  void count(Outcome outcome, bool authorizes) const;

  const Router& router_;
  const Authorizer& authorizer_;
  const ResourceMetadata& metadata_;
  const Responder& responder_;
  const OwnPages* const own_pages_;  // null: there are none
  auth::Metrics& metrics_;
};

}  // namespace fcgi
