// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/webdav.h"

#include <cstddef>
#include <string>

#include "auth/base/text.h"
#include "fcgi/http/methods.h"
#include "fcgi/http/request_target.h"

namespace fcgi {
namespace {

struct Header {
  std::string_view value{};
  std::size_t count = 0;
};

Header header(const Request& request, std::string_view variable) {
  Header found;
  request.for_each(variable, [&](std::string_view name, std::string_view value) {
    if (name != variable) return;
    found.value = value;
    ++found.count;
  });
  return found;
}

// A server in front may end https, so both default ports are ignored.
std::string host_of(std::string_view authority) {
  for (const std::string_view port : {":80", ":443"}) {
    if (!authority.ends_with(port)) continue;
    authority.remove_suffix(port.size());
    break;
  }
  return auth::lower_case(authority);
}

}  // namespace

bool reaches_below(const Request& request, std::string_view method) {
  if (!acts_below(method)) return false;
  if (!heeds_depth(method)) return true;
  const Header depth = header(request, "HTTP_DEPTH");
  return depth.count != 1 || depth.value != "0";
}

bool has_destination(std::string_view method) noexcept {
  return method == "COPY" || method == "MOVE";
}

std::optional<std::string_view> destination_path(const Request& request) {
  const Header destination = header(request, "HTTP_DESTINATION");
  // RFC 4918 §8.3: a URI or a path, and what begins with "//" is neither.
  if (destination.count != 1 || destination.value.starts_with("//")) return std::nullopt;
  // No URI has these characters (RFC 3986 §2).
  if (destination.value.find_first_of("\"<>^`{|}") != std::string_view::npos) return std::nullopt;
  const std::optional<RequestTarget> target = request_target(destination.value);
  if (!target) return std::nullopt;
  const std::string host = host_of(request.variable("HTTP_HOST"));
  if (!target->authority.empty() && host_of(target->authority) != host) return std::nullopt;
  return target->path;
}

}  // namespace fcgi
