// SPDX-License-Identifier: Apache-2.0
// Calls endpoints, and completes their answers.
#pragma once

#include <memory>

#include "auth/token/claims.h"
#include "fcgi/guard/cors.h"
#include "fcgi/guard/router.h"
#include "fcgi/http/exchange.h"

namespace fcgi {

// Calls the endpoint, which finishes the exchange now or later. An exception of the endpoint is
// logged and ends no process. cors must not be null. After this nothing is used that the endpoint's
// answer could outlive.
void call_endpoint(const Endpoint& endpoint, std::unique_ptr<Exchange> exchange,
                   std::shared_ptr<const auth::Claims> claims, std::shared_ptr<const Cors> cors);

}  // namespace fcgi
