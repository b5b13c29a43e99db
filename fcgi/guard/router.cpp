#include "fcgi/guard/router.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "auth/base/text.h"

namespace fcgi {
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

}  // namespace

void Router::add(std::string path, std::vector<std::string> methods, std::string_view requirement,
                 Handler handler) {
  if (!path.starts_with('/')) throw std::logic_error("endpoint path without '/' in front: " + path);
  for (const Endpoint& each : endpoints_) {
    if (each.path == path) throw std::logic_error("endpoint added twice: " + path);
  }
  if (methods.empty() || !std::all_of(methods.begin(), methods.end(), is_method)) {
    throw std::logic_error("endpoint without proper methods: " + path);
  }
  if (!handler) throw std::logic_error("endpoint without handler: " + path);
  auto parsed = auth::Requirement::parse(requirement);
  if (!parsed) throw std::logic_error("endpoint " + path + ": " + parsed.error().sentence);
  endpoints_.push_back(
      {std::move(path), std::move(methods), *std::move(parsed), std::move(handler)});
}

auth::Result<const Endpoint*, Response> Router::find(const Request& request) const {
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
  return method_not_allowed(allow(*found));
}

}  // namespace fcgi
