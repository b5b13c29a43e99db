// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/refusal.h"

#include <utility>

namespace fcgi {

Refusal not_to_be_stored(Response response, std::string_view why) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return {std::move(response), why};
}

Refusal forbidden(std::string_view why) {
  return not_to_be_stored(error_response(403, "access_denied", why), why);
}

}  // namespace fcgi
