// SPDX-License-Identifier: Apache-2.0
// Cross-origin resource sharing (Fetch standard §3.2), for APIs that browsers call with a token.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"

namespace fcgi {

// Immutable after construction, so any thread may use it.
class Cors {
 public:
  // Origins whose scripts may call ("https://app.example.org"), or "*" for all; none: browsers are
  // told nothing. Credentials of the browser's own (cookies) are never allowed: a token is sent by
  // the script itself.
  explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  // The answer to a preflight from an allowed origin; nothing for any other request.
  [[nodiscard]] std::optional<Response> preflight(const Request& request) const;

  // Lets a script of an allowed origin read the response, its challenge included.
  void expose(const Request& request, Response& response) const;

 private:
  // The value of Access-Control-Allow-Origin for the request; empty where there is none.
  [[nodiscard]] std::string_view allowed(const Request& request) const;

  std::vector<std::string> origins_;
};

}  // namespace fcgi
