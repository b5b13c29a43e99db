// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/cors.h"

#include <algorithm>

namespace fcgi {
namespace {

constexpr std::string_view kPreflightSeconds = "600";

// Whether the text holds only what a preflight may ask for: tokens, commas and blanks (RFC 9110
// §5.6.2).
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
  const auto listed = [this](std::string_view text) -> std::string_view {
    const auto found = std::find(origins_.begin(), origins_.end(), text);
    return found == origins_.end() ? std::string_view() : *found;
  };
  const std::string_view named = listed(origin);
  return named.empty() ? listed("*") : named;
}

// Never for "*": a browser would not accept it, and nobody intends it.
void Cors::allow_cookies(std::string_view origin, Response& response) const {
  if (cookies_ == Cookies::kNotAllowed || origin == "*") return;
  response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
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
  allow_cookies(origin, response);
  return response;
}

void Cors::expose(const Request& request, Response& response) const {
  if (origins_.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = allowed(request);
  if (origin.empty()) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  allow_cookies(origin, response);
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "WWW-Authenticate, Retry-After, X-Request-Id");
}

}  // namespace fcgi
