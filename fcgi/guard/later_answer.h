// SPDX-License-Identifier: Apache-2.0
// What is behind a zitadel_fcgi::Responder: an exchange that an endpoint finishes when it likes.
#pragma once

#include <memory>

#include "auth/token/claims.h"
#include "fcgi/guard/cors.h"
#include "fcgi/http/exchange.h"

namespace fcgi {

// Adds what an endpoint need not know of.
struct Completion {
  std::shared_ptr<const Cors> cors;
  // What needs a token is nobody else's: an endpoint that knows better says so itself.
  bool forbids_storing;

  void operator()(const Request& request, Response& response) const;
};

[[nodiscard]] zitadel_fcgi::Responder later_answer(std::unique_ptr<Exchange> exchange,
                                                   std::shared_ptr<const auth::Claims> claims,
                                                   Completion complete);

}  // namespace fcgi
