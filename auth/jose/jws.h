// JSON Web Signature (RFC 7515), compact serialisation, over OpenSSL's EVP.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "auth/result.h"
#include "auth/secret.h"

namespace auth::jose {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

// An RSA private key of at least 2048 bits that signs with RS256 (RFC 7518 §3.3).
// Immutable after construction, so any thread may sign with it.
class SigningKey {
 public:
  // From PEM, PKCS#1 or PKCS#8, not encrypted. Error: kKeyUnusable, with a detail for the operator
  // that holds nothing of the key.
  [[nodiscard]] static Result<std::shared_ptr<const SigningKey>> from_pem(SecretView pem);

  // The compact JWS of a payload: BASE64URL(header).BASE64URL(payload).BASE64URL(signature) with
  // the header {"alg":"RS256","typ":"JWT","kid":key_id}. Error: kKeyUnusable.
  [[nodiscard]] Result<Secret> sign(std::string_view key_id, std::string_view payload) const;

  // A secret of 32 bytes that only who holds this key can make, another one for each label:
  // HMAC-SHA-256 under the key's private exponent, which is the same in PKCS#1 and PKCS#8. Cheap:
  // no RSA operation. Error: kKeyUnusable.
  [[nodiscard]] Result<Secret> derive(std::string_view label) const;

  explicit SigningKey(Key key) : key_(std::move(key)) {}

 private:
  Key key_;
};

}  // namespace auth::jose
