// SPDX-License-Identifier: Apache-2.0
#include "fcgi/endpoints/public.h"

namespace fcgi::endpoints {

Response public_route(const Request&, const auth::Claims&) {
  return message_response("Public route - You don't need to be authenticated to see this.");
}

}  // namespace fcgi::endpoints
