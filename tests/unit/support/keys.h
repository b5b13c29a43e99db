// SPDX-License-Identifier: Apache-2.0
// Keys and key files for tests, made at run time.
#pragma once

#include <string>
#include <string_view>

#include "auth/jose/signing_key.h"

namespace support {

// RSA keys of 2048 bits, one of each for the whole run: making one takes a tenth of a second.
[[nodiscard]] EVP_PKEY* rsa_key();
[[nodiscard]] EVP_PKEY* other_rsa_key();
[[nodiscard]] auth::jose::Key new_rsa_key(unsigned bits);
[[nodiscard]] auth::jose::Key new_ec_key();

[[nodiscard]] std::string pkcs1_pem(EVP_PKEY* key);
[[nodiscard]] std::string pkcs8_pem(EVP_PKEY* key);
[[nodiscard]] std::string encrypted_pkcs1_pem(EVP_PKEY* key, std::string_view passphrase);
[[nodiscard]] std::string encrypted_pkcs8_pem(EVP_PKEY* key, std::string_view passphrase);
[[nodiscard]] std::string public_pem(EVP_PKEY* key);

// Key files as ZITADEL hands them out, holding rsa_key().
[[nodiscard]] std::string application_key_file();   // key id 111, client id 222@project
[[nodiscard]] std::string service_user_key_file();  // key id 333, user id 444

// A compact JWS in its parts, decoded.
struct Jws {
  std::string header;
  std::string payload;
  bool verified = false;  // with rsa_key() and RS256
};
[[nodiscard]] Jws take_apart(std::string_view compact);

}  // namespace support
