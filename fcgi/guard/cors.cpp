// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/cors.h"

#include <algorithm>

namespace fcgi {
namespace {

constexpr std::string_view kPreflightSeconds = "600";

// What may stand in the header fields that a preflight asks for: tokens, commas and blanks
// (RFC 9110 §5.6.2).
bool is_token_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    return is_token_character(letter) || letter == ',' || letter == ' ';
  });
}

}  // namespace

std::string_view Cors::allowed(const Request& request) const {
  if (origins_.empty()) return {};
  const std::string_view origin = request.variable("HTTP_ORIGIN");
  if (origin.empty()) return {};
  for (const std::string& candidate : origins_) {
    if (candidate == "*" || candidate == origin) return candidate;
  }
  return {};
}

std::optional<Response> Cors::preflight(const Request& request) const {
  if (origins_.empty() || request.method() != "OPTIONS") return std::nullopt;
  const std::string_view method = request.variable("HTTP_ACCESS_CONTROL_REQUEST_METHOD");
  const std::string_view origin = allowed(request);
  if (origin.empty() || method.empty() || !is_token_list(method)) return std::nullopt;
  const std::string_view headers = request.variable("HTTP_ACCESS_CONTROL_REQUEST_HEADERS");
  Response response{204, {}, {}};
  response.headers = {{"Access-Control-Allow-Origin", std::string(origin)},
                      {"Access-Control-Allow-Methods", std::string(method)},
                      {"Access-Control-Max-Age", std::string(kPreflightSeconds)},
                      {"Vary",
                       "Origin, Access-Control-Request-Method, "
                       "Access-Control-Request-Headers"}};
  if (!headers.empty() && is_token_list(headers)) {
    response.headers.emplace_back("Access-Control-Allow-Headers", headers);
  }
  return response;
}

void Cors::expose(const Request& request, Response& response) const {
  if (origins_.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = allowed(request);
  if (origin.empty()) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After");
}

}  // namespace fcgi
