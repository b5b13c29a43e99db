// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "auth/base/text.h"

namespace auth {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
constexpr std::string_view kIpv6Characters = "abcdef0123456789:.";
// unreserved, sub-delims, ":", "@" and "/" of RFC 3986 §3.3; '%' is checked separately.
constexpr std::string_view kPathCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/%";

bool only(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_path(std::string_view text) {
  if (!only(text, kPathCharacters)) return false;
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::string_view code = text.substr(at + 1, 2);
    if (code.size() != 2 || !only(code, kHexDigits)) return false;
  }
  return true;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  // inet_pton reads no further than a NUL.
  return only(host, kIpv6Characters) && inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// inet_pton takes four decimal parts only: none of the short, octal and hexadecimal spellings that
// resolvers read each in their own way.
bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

// Whether libcurl may take it for an IPv4 address, of whatever spelling ("0x7f.1", "127.1").
bool ends_in_number(std::string_view host) {
  while (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return only(last, kDigits) || (last.starts_with("0x") && only(last.substr(2), kHexDigits));
}

bool is_name_or_ipv4(const std::string& host) {
  if (host.empty() || !only(host, kNameCharacters)) return false;
  return !ends_in_number(host) || is_ipv4(host);
}

bool is_loopback(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == 127;
  in6_addr address6{};
  if (inet_pton(AF_INET6, host.c_str(), &address6) == 1) return IN6_IS_ADDR_LOOPBACK(&address6);
  return host == "localhost";
}

// Returns the host of HOST[:PORT], where an IPv6 address stands in brackets.
std::optional<std::string> parse_authority(std::string_view text) {
  const std::optional<HostAndPort> parts = split_host_and_port(text);
  if (!parts || (parts->port && !port_number(*parts->port))) return std::nullopt;
  std::string host = lower_case(parts->host);
  const bool good = parts->bracketed ? is_ipv6(host) : is_name_or_ipv4(host);
  return good ? std::optional(std::move(host)) : std::nullopt;
}

// HOST or HOST:PORT of a name with a dot.
bool is_host(std::string_view text) {
  return text.find('.') != std::string_view::npos && parse_authority(text).has_value();
}

std::string explain(std::string_view text) {
  if (text.size() > kMaxUrlBytes) {
    return "is longer than " + std::to_string(kMaxUrlBytes) + " characters";
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos && is_host(text)) {
    return "lacks the scheme; write https://" + std::string(text);
  }
  const std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 3);
  if (rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string_view::npos) {
    return "holds a user name or password; write it without what stands before '@'";
  }
  if (rest.find('#') != std::string_view::npos) {
    return "holds a fragment; write it without what begins at '#'";
  }
  if (rest.find('?') != std::string_view::npos) {
    return "holds a query; write it without what begins at '?'";
  }
  return "is not a URL of the form https://HOST or https://HOST:PORT";
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return std::nullopt;
  const std::size_t colon = std::min(text.find("://"), text.size());
  const std::string scheme = lower_case(text.substr(0, colon));
  if (scheme != "https" && scheme != "http") return std::nullopt;
  text.remove_prefix(std::min(colon + 3, text.size()));
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::optional<std::string> host = parse_authority(text.substr(0, slash));
  if (!host || !is_path(text.substr(slash))) return std::nullopt;
  const bool loopback = is_loopback(*host);
  return Url{scheme == "https", *std::move(host), loopback};
}

std::string origin_of(std::string_view url) {
  const std::size_t end = std::min(url.find('/', url.find("://") + 3), url.size());
  std::string origin = lower_case(url.substr(0, end));
  const std::size_t colon = origin.find_last_of(":]");
  if (origin[colon] == ']' || colon < origin.find("://") + 3) return origin;
  std::size_t port = 0;  // without leading zeros
  std::from_chars(origin.data() + colon + 1, origin.data() + origin.size(), port);
  origin.resize(colon);
  const bool own = port == (origin.starts_with("https:") ? 443U : 80U);
  return own ? origin : origin + ':' + std::to_string(port);
}

std::string plain_url(std::string_view url) {
  const std::size_t path = std::min(url.find('/', url.find("://") + 3), url.size());
  std::string plain = origin_of(url).append(url.substr(path));
  while (plain.ends_with('/')) plain.pop_back();
  return plain;
}

std::string shown_url(std::string_view text) {
  return std::string(parse_url(text) ? text : "what is no URL");
}

Result<void, Mistake> check_url(std::string_view text, bool allow_http) {
  const std::optional<Url> url = parse_url(text);
  if (!url) return Mistake{explain(text)};
  if (url->https || url->loopback || allow_http) return {};
  return Mistake{
      "begins with http:// and does not name this machine: tokens would cross the network "
      "unprotected; write https://, or set ZITADEL_ALLOW_HTTP=1 where that is meant"};
}

Result<void, Mistake> check_issuer_url(std::string_view text, bool allow_http) {
  if (auto checked = check_url(text, allow_http); !checked) return checked;
  const std::size_t path = std::min(text.find('/', text.find("://") + 3), text.size());
  if (text.find_first_not_of('/', path) == std::string_view::npos) return {};
  const bool is_document = text.substr(path).find("/.well-known/") != std::string_view::npos;
  return Mistake{(is_document ? "is the discovery document's URL: write "
                              : "has a path, which no instance's URL has: write ") +
                 std::string(text.substr(0, path))};
}

}  // namespace auth
