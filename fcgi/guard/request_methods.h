// SPDX-License-Identifier: Apache-2.0
// The methods of a request: its own, and those that a program behind may take in its place.
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
  // In capitals, none twice: of the header fields X-HTTP-Method-Override, X-Method-Override and
  // X-HTTP-Method, and of the parameter _method in the query. What a form says in the request's
  // body is not seen.
  std::vector<std::string> overrides{};
};

// query: of the RequestTarget. Nothing where one of them is no method (fcgi/http/methods.h), or
// where there are more than kMaxOverrides.
[[nodiscard]] std::optional<RequestMethods> request_methods(const Request& request,
                                                            std::string_view query);

}  // namespace fcgi
