// SPDX-License-Identifier: Apache-2.0
// GET /private: for callers with a valid access token.
#pragma once

#include "auth/token/claims.h"
#include "fcgi/http/request.h"
#include "fcgi/http/response.h"

namespace fcgi::endpoints {

// Registered as "token": called only once the token has been found valid. The claims say whose it
// is; they live as long as the call.
[[nodiscard]] Response private_route(const Request& request, const auth::Claims& claims);

}  // namespace fcgi::endpoints
