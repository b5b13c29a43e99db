// SPDX-License-Identifier: Apache-2.0
// Cross-origin resource sharing (Fetch standard §3.2), for APIs that browsers call with a token.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"

namespace fcgi {

// Immutable after construction, so any thread may use it.
class Cors {
 public:
  // origins: those whose scripts may call ("https://app.example.org"), or "*" for all; none:
  // browsers get no such headers. The browser's own credentials (cookies) are allowed if a cookie
  // may bring the token, and to origins that are named: otherwise the script itself sends the
  // token.
  enum class Cookies { kNotAllowed, kAllowed };
  explicit Cors(std::vector<std::string> origins, Cookies cookies = Cookies::kNotAllowed)
      : origins_(std::move(origins)), cookies_(cookies) {}

  // Returns the answer to a preflight from an allowed origin; nullopt for any other request.
  [[nodiscard]] std::optional<Response> preflight(const Request& request) const;

  // Lets a script of an allowed origin read the response, its challenge included.
  void expose(const Request& request, Response& response) const;

 private:
  // Returns the value of Access-Control-Allow-Origin for the request; empty if there is none.
  [[nodiscard]] std::string_view allowed(const Request& request) const;
  void allow_cookies(std::string_view origin, Response& response) const;

  std::vector<std::string> origins_;
  Cookies cookies_;
};

}  // namespace fcgi
