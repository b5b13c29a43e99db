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

}  // namespace fcgi
