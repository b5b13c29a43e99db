// SPDX-License-Identifier: Apache-2.0
// The implementation of zitadel_fcgi::Responder: an exchange that an endpoint finishes when it
// likes.
#pragma once

#include <memory>

#include "auth/token/claims.h"
#include "fcgi/guard/cors.h"
#include "fcgi/http/exchange.h"

namespace fcgi {

// Adds headers that an endpoint need not know of.
struct Completion {
  std::shared_ptr<const Cors> cors;
  // An answer that needs a token is for its caller alone: an endpoint that knows better says so
  // itself.
  bool forbids_storing;

  void operator()(const Request& request, Response& response) const;
};

[[nodiscard]] zitadel_fcgi::Responder later_answer(std::unique_ptr<Exchange> exchange,
                                                   std::shared_ptr<const auth::Claims> claims,
                                                   Completion complete);

}  // namespace fcgi
