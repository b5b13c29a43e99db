// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/client_address.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/base/text.h"

namespace fcgi {
namespace {

// RFC 3875 §4.1.18.
std::string variable_of(std::string_view header) {
  std::string name = "HTTP_";
  for (const char letter : header) {
    name.push_back(letter == '-' ? '_' : auth::upper_case(letter));
  }
  return name;
}

// Some proxies add the port: "192.0.2.1:4711", "[2001:db8::1]:4711".
std::string_view without_port(std::string_view text) {
  const std::size_t bracket = text.find(']');
  if (text.starts_with('[') && bracket != text.npos) return text.substr(1, bracket - 1);
  const std::size_t colon = text.find(':');
  const bool only_one = colon != text.npos && text.find(':', colon + 1) == text.npos;
  return only_one ? text.substr(0, colon) : text;
}

// Whether several variables of one name are the lines of one header, in their order. Before 1.23,
// nginx hands on each line by itself, and it drops headers with underscores in their names; the
// question of its auth_request names no server. Other servers join the lines of a header: there,
// the second variable is a header of another spelling (X_Forwarded_For), which a client may send.
bool hands_on_each_line(const Request& request) {
  const std::vector<std::string_view> software = request.variables("SERVER_SOFTWARE");
  return software.empty() || software.front().starts_with("nginx");
}

}  // namespace

ClientAddress::ClientAddress(std::string_view header, std::vector<auth::IpPrefix> trusted_proxies)
    : variable_(header.empty() ? "" : variable_of(header)), trusted_(std::move(trusted_proxies)) {}

std::string_view ClientAddress::certain(const Request& request) const {
  const Found found = find(request);
  return found.is_certain ? found.address : std::string_view();
}

ClientAddress::Found ClientAddress::find(const Request& request) const {
  Found found{request.variable("REMOTE_ADDR"), true};
  if (variable_.empty() || !is_trusted(found.address)) return found;
  found.is_certain = false;
  std::vector<std::string_view> lines = request.variables(variable_);
  if (lines.size() > 1 && !hands_on_each_line(request)) return found;
  for (; !lines.empty(); lines.pop_back()) {
    for (std::string_view rest = lines.back(); !rest.empty();) {
      const std::size_t comma = rest.rfind(',');
      const std::size_t begin = comma == rest.npos ? 0 : comma + 1;
      const std::string_view address = without_port(auth::trimmed(rest.substr(begin)));
      if (!auth::IpAddress::parse(address)) return {found.address, false};
      found = {address, true};
      if (!is_trusted(address)) return found;
      rest = comma == rest.npos ? "" : rest.substr(0, comma);
    }
  }
  return found;
}

bool ClientAddress::is_told_by_proxy(const Request& request) const {
  if (variable_.empty() || !is_trusted(request.variable("REMOTE_ADDR"))) return false;
  const std::vector<std::string_view> lines = request.variables(variable_);
  return lines.size() > 1 || (!lines.empty() && !lines.front().empty());
}

bool ClientAddress::is_trusted(std::string_view address) const noexcept {
  const std::optional<auth::IpAddress> parsed = auth::IpAddress::parse(address);
  return parsed && std::any_of(trusted_.begin(), trusted_.end(),
                               [&](const auth::IpPrefix& proxy) { return proxy.holds(*parsed); });
}

}  // namespace fcgi
