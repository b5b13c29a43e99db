// SPDX-License-Identifier: Apache-2.0
#include "auth/store/redis_url.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "auth/base/percent.h"
#include "auth/base/text.h"

namespace auth {
namespace {

using Read = Result<void, Mistake>;

constexpr unsigned kMaxDatabase = 1'000'000;
constexpr char kNoPort[] = "names a port that is not a number from 1 to 65535";
constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kHostCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
// Characters that stand for themselves everywhere in a URL: unreserved and sub-delims of RFC 3986
// except '&' and '=', which separate the parameters of a query. '%' is handled separately.
constexpr std::string_view kPlainCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*+,;%";

Read mistake(std::string message) { return Mistake{std::move(message)}; }

template <typename Number>
std::optional<Number> number_of(std::string_view text, Number most) {
  Number number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return number <= most ? std::optional(number) : std::nullopt;
}

// Returns the text with its %XX replaced; nullopt if it holds other characters than the plain and
// the further ones.
std::optional<Secret> decode(std::string_view text, std::string_view further) {
  std::string plain;
  plain.reserve(text.size());  // so that no copy of it is left behind
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kPlainCharacters.find(text[i]) == std::string_view::npos &&
        further.find(text[i]) == std::string_view::npos) {
      return std::nullopt;
    }
    if (text[i] != '%') {
      plain.push_back(text[i]);
      continue;
    }
    const std::optional<char> byte = percent_byte(text.substr(i));
    if (!byte) return std::nullopt;
    plain.push_back(*byte);
    i += 2;
  }
  return Secret::take(plain);
}

Read read_credentials(std::string_view user, std::string_view password, RedisAddress& address) {
  constexpr std::string_view kForUser = "&=";
  constexpr std::string_view kForPassword = "&=:";
  std::optional<Secret> name = decode(user, kForUser);
  std::optional<Secret> secret = decode(password, kForPassword);
  if (!name || !secret) {
    return mistake("holds a character in its user name or password that must be written as %XX");
  }
  if (secret->empty()) return mistake("holds an empty password, or a user name without a password");
  address.user = name->reveal();
  address.password = *std::move(secret);
  return {};
}

Read read_database(std::string_view text, RedisAddress& address) {
  const auto number = number_of(text, kMaxDatabase);
  if (!number) return mistake("names a database that is not a number, such as 0");
  address.database = *number;
  return {};
}

bool is_ipv6(const std::string& host) {
  in6_addr ignored{};
  // inet_pton reads no further than a NUL.
  return host.find('\0') == std::string::npos && ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.find_first_not_of(kHostCharacters) == std::string_view::npos;
}

// HOST[:PORT]
Read read_host(std::string_view text, RedisAddress& address) {
  const std::optional<HostAndPort> parts = split_host_and_port(text);
  const bool unclosed = text.starts_with('[') && text.find(']') == std::string_view::npos;
  if (unclosed) return mistake("holds a '[' without its ']'");
  if (!parts) return mistake(kNoPort);
  address.host = parts->host;
  if (parts->bracketed ? !is_ipv6(address.host) : !is_host(address.host)) {
    return mistake("names no host, or one that is no name or address");
  }
  if (!parts->port) return {};
  const std::optional<std::uint16_t> port = port_number(*parts->port);
  if (!port) return mistake(kNoPort);
  address.port = *port;
  return {};
}

Read read_network(std::string_view text, RedisAddress& address) {
  if (text.find_first_of("?#") != std::string_view::npos) {
    return mistake("holds a '?' or '#': in a password, write %3F or %23");
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view before = authority.substr(0, at);
    const std::size_t colon = std::min(before.find(':'), before.size());
    if (colon == before.size()) {
      return mistake("holds a user name without a password: write USER:PASSWORD@ or :PASSWORD@");
    }
    auto read = read_credentials(before.substr(0, colon), before.substr(colon + 1), address);
    if (!read) return read;
    authority.remove_prefix(at + 1);
  }
  if (auto read = read_host(authority, address); !read) return read;
  const std::string_view database = text.substr(std::min(slash + 1, text.size()));
  return database.empty() ? Read() : read_database(database, address);
}

struct Parameters {
  std::optional<std::string_view> database{};
  std::optional<std::string_view> user{};
  std::optional<std::string_view> password{};
};

Read read_parameters(std::string_view query, Parameters& parameters) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    std::optional<std::string_view>* const found = name == "db"         ? &parameters.database
                                                   : name == "user"     ? &parameters.user
                                                   : name == "password" ? &parameters.password
                                                                        : nullptr;
    if (found == nullptr || *found || equals == part.size()) {
      return mistake(
          "may hold db=, user= and password= behind its '?', each once, and nothing else");
    }
    *found = part.substr(equals + 1);
  }
  return {};
}

Read read_socket(std::string_view text, RedisAddress& address) {
  if (text.starts_with("//")) text.remove_prefix(2);
  const std::size_t mark = std::min(text.find('?'), text.size());
  const std::optional<Secret> path = decode(text.substr(0, mark), "/@:&=");
  if (!path || !path->reveal().starts_with('/') ||
      path->reveal().find('\0') != std::string_view::npos) {
    return mistake("names no absolute path: write unix:/PATH, and special characters as %XX");
  }
  if (path->size() > kMaxSocketPath) {
    return mistake("names a path of more than " + std::to_string(kMaxSocketPath) + " characters");
  }
  address.socket = path->reveal();
  Parameters parameters;
  auto read = read_parameters(text.substr(std::min(mark + 1, text.size())), parameters);
  if (!read) return read;
  if (parameters.database) {
    read = read_database(*parameters.database, address);
    if (!read) return read;
  }
  if (!parameters.user && !parameters.password) return {};
  return read_credentials(parameters.user.value_or(""), parameters.password.value_or(""), address);
}

Read read(std::string_view text, RedisAddress& address) {
  if (text.size() > kMaxRedisUrlBytes) {
    return mistake("is longer than " + std::to_string(kMaxRedisUrlBytes) + " characters");
  }
  for (const std::string_view scheme : {"redis://", "valkey://"}) {
    if (text.starts_with(scheme)) return read_network(text.substr(scheme.size()), address);
  }
  if (text.starts_with("unix:")) return read_socket(text.substr(5), address);
  if (text.starts_with("rediss://") || text.starts_with("valkeys://")) {
    return mistake("asks for TLS, which is not supported: use a Unix socket or a tunnel");
  }
  return mistake("is not a URL of the form redis://HOST or unix:/PATH");
}

}  // namespace

std::string RedisAddress::name() const {
  const std::string number = std::to_string(database);
  if (host.empty()) return "unix:" + socket + "?db=" + number;
  const bool bracketed = host.find(':') != std::string::npos;
  return "redis://" + (bracketed ? '[' + host + ']' : host) + ':' + std::to_string(port) + '/' +
         number;
}

Result<RedisAddress, Mistake> parse_redis_url(SecretView url) {
  RedisAddress address;
  if (Read whole = read(url.reveal(), address); !whole) return std::move(whole).error();
  return address;
}

}  // namespace auth
