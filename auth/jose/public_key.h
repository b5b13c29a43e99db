// SPDX-License-Identifier: Apache-2.0
// The public key inside a JSON Web Key, for OpenSSL (RFC 7518 §6, RFC 8037 §2).
#pragma once

#include "auth/base/json.h"
#include "auth/base/result.h"
#include "auth/jose/signing_key.h"

namespace auth::jose {

constexpr int kMinJwkRsaBits = 2048;  // RFC 7518 §3.3
constexpr int kMaxJwkRsaBits = 8192;
constexpr int kMaxJwkExponentBits = 32;

// Makes the key by its "kty" and "crv". Error: kMalformedAnswer, for the reasons that parse_jwk
// names.
[[nodiscard]] Result<Key> public_key(const Json& jwk);

}  // namespace auth::jose
