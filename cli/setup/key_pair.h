// SPDX-License-Identifier: Apache-2.0
// Makes a key pair on this machine: ZITADEL gets only its public half.
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

// Returns the public half of a private key in PEM; empty if the text is no private key.
[[nodiscard]] std::string public_half(auth::SecretView private_pem);

}  // namespace cli
