// SPDX-License-Identifier: Apache-2.0
// The URL of a Redis or Valkey server.
//
//   redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]        port 6379, database 0
//   unix:/PATH[?db=DATABASE&user=USER&password=PASSWORD]    a Unix socket
//
// valkey:// means the same as redis://, unix:///PATH the same as unix:/PATH, and an IPv6 address
// stands in brackets. Characters that have a meaning in URLs are written as %XX (RFC 3986 §2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace auth {

constexpr std::size_t kMaxRedisUrlBytes = 2048;

struct RedisAddress {
  std::string host{};  // an IPv6 address without its brackets; empty: the socket
  std::uint16_t port = 6379;
  std::string socket{};  // an absolute path
  std::string user{};    // empty: the server's default one
  Secret password{};     // empty: none is asked for
  unsigned database = 0;

  // For the log: without user and password.
  [[nodiscard]] std::string name() const;
};

// The mistake follows the URL's name: "holds a query: …". It holds nothing of the URL.
[[nodiscard]] Result<RedisAddress, Mistake> parse_redis_url(SecretView url);

}  // namespace auth
