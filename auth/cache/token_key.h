// SPDX-License-Identifier: Apache-2.0
// TokenKey: the key of a token in the caches of this process.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>

#include "auth/base/secret.h"

namespace auth {

// The SHA-256 of a token's exact text: equal keys mean equal tokens.
struct TokenKey {
  std::array<unsigned char, 32> digest;

  // Returns nullopt if OpenSSL fails.
  [[nodiscard]] static std::optional<TokenKey> of(SecretView token) noexcept;

  friend bool operator==(const TokenKey&, const TokenKey&) = default;
};

// The digest is uniform already.
struct TokenKeyHash {
  std::size_t operator()(const TokenKey& key) const noexcept {
    std::size_t hash;
    std::memcpy(&hash, key.digest.data(), sizeof hash);
    return hash;
  }
};

}  // namespace auth
