// SPDX-License-Identifier: Apache-2.0
// GET /public: anybody may see it.
#pragma once

#include "auth/token/claims.h"
#include "fcgi/http/request.h"
#include "fcgi/http/response.h"

namespace fcgi::endpoints {

// Registered as "public": no token is checked, and the claims are empty.
[[nodiscard]] Response public_route(const Request& request, const auth::Claims& claims);

}  // namespace fcgi::endpoints
