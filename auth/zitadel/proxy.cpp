// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/proxy.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "auth/base/percent.h"
#include "auth/base/text.h"
#include "auth/zitadel/url.h"

namespace auth {
namespace {

constexpr const char* kVariables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
constexpr std::string_view kSchemes[] = {"http",    "https",  "socks",  "socks4",
                                         "socks4a", "socks5", "socks5h"};
// unreserved, sub-delims and ":" of RFC 3986 §3.2.1; '%' is checked separately.
constexpr std::string_view kUserInfoMarks = "-._~!$&'()*+,;=:%";

bool is_user_info(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char byte) {
    return is_letter_or_digit(byte) || kUserInfoMarks.find(byte) != std::string_view::npos;
  });
  const std::optional<std::string> decoded = percent_decode(text);
  return plain && decoded && !has_control(*decoded);
}

struct Parts {
  std::string_view scheme{};
  std::string_view user_info{};
  std::string_view host_and_port{};
};

Parts parts_of(std::string_view value) {
  Parts parts;
  if (const std::size_t end = value.find("://"); end != std::string_view::npos) {
    parts.scheme = value.substr(0, end);
    value.remove_prefix(end + 3);
  }
  if (value.ends_with('/')) value.remove_suffix(1);
  if (const std::size_t at = value.find('@'); at != std::string_view::npos) {
    parts.user_info = value.substr(0, at);
    value.remove_prefix(at + 1);
  }
  parts.host_and_port = value;
  return parts;
}

bool holds(std::string_view words, std::string_view secret) {
  const std::string decoded = percent_decode(secret).value_or("");
  return (!secret.empty() && words.find(secret) != std::string_view::npos) ||
         (!decoded.empty() && words.find(decoded) != std::string_view::npos);
}

}  // namespace

std::optional<Proxy> https_proxy() {
  for (const char* variable : kVariables) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return Proxy{variable, value};
  }
  return std::nullopt;
}

bool is_sound_proxy(std::string_view value) {
  const Parts parts = parts_of(value);
  const bool known = parts.scheme.empty() ? !value.starts_with("://")
                                          : std::count(std::begin(kSchemes), std::end(kSchemes),
                                                       lower_case(parts.scheme)) > 0;
  return known && is_user_info(parts.user_info) &&
         parts.host_and_port.find('/') == std::string_view::npos &&
         parse_url("http://" + std::string(parts.host_and_port)).has_value();
}

std::string without_credentials(std::string words, const Proxy& proxy) {
  const std::string variable(proxy.variable);
  if (!is_sound_proxy(proxy.value)) {
    return variable +
           " is not of the form http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %XX for "
           "what is neither letter nor digit; more is not said, for it may hold a password";
  }
  const std::string_view user_info = parts_of(proxy.value).user_info;
  const std::size_t colon = user_info.find(':');
  const std::string_view secret =
      colon == std::string_view::npos ? user_info : user_info.substr(colon + 1);
  if (!holds(words, secret)) return words;
  return "what libcurl says is left out, for it repeats the password in " + variable;
}

}  // namespace auth
