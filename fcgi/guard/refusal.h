// SPDX-License-Identifier: Apache-2.0
// Refusal: why a request may not go on although no token is at fault.
#pragma once

#include <string_view>

#include "fcgi/http/response.h"

namespace fcgi {

struct Refusal {
  Response response;
  std::string_view sentence;  // a literal: nothing in it comes from the caller
};

// Returns a 403. No token would help: there is nothing to ask the caller for. why: a literal.
[[nodiscard]] Refusal forbidden(std::string_view why);

// Returns the response, marked so that nobody stores it.
[[nodiscard]] Refusal not_to_be_stored(Response response, std::string_view why);

}  // namespace fcgi
