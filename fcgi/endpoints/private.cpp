// SPDX-License-Identifier: Apache-2.0
#include "fcgi/endpoints/private.h"

namespace fcgi::endpoints {

Response private_route(const Request&, const auth::Claims&) {
  return message_response("Private route - You need to be authenticated to see this.");
}

}  // namespace fcgi::endpoints
