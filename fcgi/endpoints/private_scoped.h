// SPDX-License-Identifier: Apache-2.0
// GET /private-scoped: for callers who were granted a role.
#pragma once

#include "auth/token/claims.h"
#include "fcgi/http/request.h"
#include "fcgi/http/response.h"

namespace fcgi::endpoints {

// Registered as "role:read:messages": called only once the token has been found valid and its user
// to hold that role. The claims live as long as the call.
[[nodiscard]] Response private_scoped_route(const Request& request, const auth::Claims& claims);

}  // namespace fcgi::endpoints
