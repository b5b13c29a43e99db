// SPDX-License-Identifier: Apache-2.0
#include "fcgi/endpoints/private_scoped.h"

namespace fcgi::endpoints {

Response private_scoped_route(const Request&, const auth::Claims&) {
  return message_response(
      "Private route - You need to be authenticated and have the role read:messages to see this.");
}

}  // namespace fcgi::endpoints
