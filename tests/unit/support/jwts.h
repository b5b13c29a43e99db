// SPDX-License-Identifier: Apache-2.0
// JWTs signed for tests, with keys made at run time, and those keys as JSON Web Keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/jose/algorithm.h"
#include "auth/jose/jwk.h"
#include "auth/jose/signing_key.h"

namespace support {

// One key for the whole run that fits the algorithm; rsa_key() for RSA.
[[nodiscard]] EVP_PKEY* key_for(auth::jose::Algorithm algorithm);
[[nodiscard]] auth::jose::Key new_ec_key(const char* curve);
[[nodiscard]] auth::jose::Key new_ed25519_key();

// The public half as a JSON Web Key; more: further members, with a comma in front.
[[nodiscard]] std::string jwk_of(EVP_PKEY* key, std::string_view more = "");
[[nodiscard]] std::string jwk_set_of(const std::vector<std::string>& keys);
[[nodiscard]] auth::jose::SharedKey verification_key(EVP_PKEY* key, std::string_view more = "");

// BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature), whatever the header says.
[[nodiscard]] std::string signed_jwt(EVP_PKEY* key, auth::jose::Algorithm algorithm,
                                     std::string_view header, std::string_view payload);

// The same with key_for(algorithm) and the header {"alg":…,"kid":key_id}.
[[nodiscard]] std::string signed_jwt(auth::jose::Algorithm algorithm, std::string_view key_id,
                                     std::string_view payload);

// The bare signature, in the form of RFC 7518 §3.
[[nodiscard]] std::string signature_of(EVP_PKEY* key, auth::jose::Algorithm algorithm,
                                       std::string_view text);

// A signature of PS256 whose salt is of that many bytes instead of 32.
[[nodiscard]] std::string pss_signature_of(EVP_PKEY* key, std::string_view text, int salt_bytes);

}  // namespace support
