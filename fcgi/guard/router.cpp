// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/base/text.h"
#include "fcgi/http/response.h"

namespace zitadel_fcgi {
namespace {

bool is_method(std::string_view text) noexcept {
  return !text.empty() && text != "OPTIONS" &&
         std::all_of(text.begin(), text.end(), auth::is_upper);
}

bool allows(const Endpoint& endpoint, std::string_view method) noexcept {
  return std::any_of(endpoint.methods.begin(), endpoint.methods.end(), [&](const auto& each) {
    return each == method || (each == "GET" && method == "HEAD");
  });
}

std::string allow(const Endpoint& endpoint) {
  std::string methods;
  for (const std::string& each : endpoint.methods) {
    methods.append(each).append(each == "GET" ? ", HEAD, " : ", ");
  }
  return methods + "OPTIONS";
}

std::optional<std::string> mistake_in(const Endpoint& endpoint,
                                      const std::vector<Endpoint>& others) {
  const std::string& path = endpoint.path;
  if (!path.starts_with('/')) return "endpoint path without '/' in front: " + path;
  for (const Endpoint& each : others) {
    if (each.path == path) return "endpoint added twice: " + path;
  }
  const auto& methods = endpoint.methods;
  if (methods.empty() || !std::all_of(methods.begin(), methods.end(), is_method)) {
    return "endpoint without proper methods: " + path;
  }
  if (!endpoint.handler && !endpoint.later) return "endpoint without handler: " + path;
  return std::nullopt;
}

}  // namespace

void Router::add(std::string path, std::vector<std::string> methods, std::string_view requirement,
                 Handler handler) {
  add({.path = std::move(path), .methods = std::move(methods), .handler = std::move(handler)},
      requirement);
}

void Router::add(std::string path, std::vector<std::string> methods, std::string_view requirement,
                 LaterHandler handler) {
  add({.path = std::move(path), .methods = std::move(methods), .later = std::move(handler)},
      requirement);
}

void Router::add(Endpoint endpoint, std::string_view requirement) {
  if (auto mistake = mistake_in(endpoint, endpoints_)) {
    return mistakes_.push_back(*std::move(mistake));
  }
  auto parsed = zitadel_auth::Requirement::parse(requirement);
  if (!parsed) {
    return mistakes_.push_back("endpoint " + endpoint.path + ": " + parsed.error().sentence);
  }
  endpoint.requirement = *std::move(parsed);
  endpoints_.push_back(std::move(endpoint));
}

zitadel_auth::Result<const Endpoint*, Response> Router::find(const Request& request) const {
  const auto found = std::find_if(endpoints_.begin(), endpoints_.end(), [&](const Endpoint& each) {
    return each.path == request.path_info();
  });
  if (found == endpoints_.end()) {
    return error_response(404, "not_found", "there is nothing at this path");
  }
  if (allows(*found, request.method())) return &*found;
  if (request.method() == "OPTIONS") {
    return Response{.status = 204, .headers = {{"Allow", allow(*found)}}};
  }
  return fcgi::method_not_allowed(allow(*found));
}

}  // namespace zitadel_fcgi
