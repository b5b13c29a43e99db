// SPDX-License-Identifier: Apache-2.0
// AES-256-GCM (NIST SP 800-38D) over OpenSSL, with a random nonce of 96 bits for each message: so
// one key may seal 2^32 of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/secret.h"

namespace auth {

constexpr std::size_t kAesKeyBytes = 32;
// Bytes that sealing adds to a message: the nonce in front of it and the tag after it.
constexpr std::size_t kAesGcmOverhead = 12 + 16;

// REQUIRES, for both: a key of kAesKeyBytes.

// Returns nullopt if OpenSSL fails. The associated text is authenticated, but not part of the
// result.
[[nodiscard]] std::optional<std::string> aes_gcm_seal(SecretView key, std::string_view associated,
                                                      std::string_view message);

// Returns the message; nullopt if one bit of the sealed or of the associated text has changed.
[[nodiscard]] std::optional<std::string> aes_gcm_open(SecretView key, std::string_view associated,
                                                      std::string_view sealed);

}  // namespace auth
