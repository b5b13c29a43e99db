// SPDX-License-Identifier: Apache-2.0
// Input: the URL of a Redis server.
#include "auth/store/redis_url.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto outcome = auth::parse_redis_url(auth::SecretView(fuzz::text_of(data, size)));
  if (!outcome) {
    fuzz::require(!outcome.error().sentence.empty());
    return 0;
  }
  const auto& address = *outcome;
  fuzz::require(size <= auth::kMaxRedisUrlBytes && address.port != 0);
  fuzz::require(address.host.empty() == address.socket.starts_with('/'));
  fuzz::require(address.host.find('\0') == address.host.npos);
  fuzz::require(address.socket.find('\0') == address.socket.npos);
  fuzz::require(!address.name().empty());
  return 0;
}
