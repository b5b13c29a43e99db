// SPDX-License-Identifier: Apache-2.0
// HMAC-SHA-256 (RFC 2104) over OpenSSL.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "auth/base/secret.h"

namespace auth {

constexpr std::size_t kHmacBytes = 32;

// Returns the HMAC of the parts, one after the other: kHmacBytes, which may serve as a key. nullopt
// if OpenSSL fails.
[[nodiscard]] std::optional<Secret> hmac_sha256(SecretView key,
                                                std::initializer_list<std::string_view> parts);

}  // namespace auth
