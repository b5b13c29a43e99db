// SPDX-License-Identifier: Apache-2.0
// A key pair that is made here: ZITADEL gets its public half alone.
#pragma once

#include <string>

#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace cli {

struct KeyPair {
  auth::Secret private_pem{};  // PKCS#1, as in ZITADEL's key files
  std::string public_pem{};    // SubjectPublicKeyInfo
};

// RSA, 2048 bits, exponent 65537. Takes a tenth of a second.
[[nodiscard]] auth::Result<KeyPair, auth::Mistake> make_key_pair();

// The public half of a private key in PEM; empty if it is none.
[[nodiscard]] std::string public_half(auth::SecretView private_pem);

}  // namespace cli
