// GET /private: for callers with a valid access token.
#pragma once

#include "auth/claims.h"
#include "fcgi/request.h"
#include "fcgi/response.h"

namespace fcgi::endpoints {

// Registered as "token": called only once the token has been found valid. The claims say whose it
// is; they live as long as the call.
[[nodiscard]] Response private_route(const Request& request, const auth::Claims& claims);

}  // namespace fcgi::endpoints
