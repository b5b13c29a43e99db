// SPDX-License-Identifier: Apache-2.0
// The methods of a request: its own, and those that a program behind may use instead.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/http/request.h"

namespace fcgi {

constexpr std::size_t kMaxOverrides = 4;

struct RequestMethods {
  std::string_view own;
  // Methods in capitals, none twice, from the header fields X-HTTP-Method-Override,
  // X-Method-Override and X-HTTP-Method, and from the parameter _method in the query. A form in the
  // request's body is not read.
  std::vector<std::string> overrides{};
};

// query: of the RequestTarget. nullopt if one of them is no method (fcgi/http/methods.h), or if
// there are more than kMaxOverrides.
[[nodiscard]] std::optional<RequestMethods> request_methods(const Request& request,
                                                            std::string_view query);

}  // namespace fcgi
