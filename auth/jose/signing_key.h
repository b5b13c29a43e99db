// SPDX-License-Identifier: Apache-2.0
// JSON Web Signature (RFC 7515), compact serialisation, over OpenSSL's EVP.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "auth/base/mutex.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace auth::jose {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

// When a key is read. For OpenSSL that is as much work as all the rest of a short process: a
// process that may never sign reads the key only when it has to, and learns of some mistakes only
// then.
enum class KeyReading { kNow, kWhenUsed };

// An RSA private key of at least 2048 bits that signs with RS256 (RFC 7518 §3.3). Thread-safe.
class SigningKey {
 public:
  // Makes a key from PEM, PKCS#1 or PKCS#8, not encrypted. Error: kKeyUnusable, with a detail for
  // the operator that holds nothing of the key. kWhenUsed: the content of the PEM is not checked.
  [[nodiscard]] static Result<std::shared_ptr<const SigningKey>> from_pem(
      SecretView pem, KeyReading reading = KeyReading::kNow);

  // The compact JWS of a payload: BASE64URL(header).BASE64URL(payload).BASE64URL(signature) with
  // the header {"alg":"RS256","typ":"JWT","kid":key_id}. Error: kKeyUnusable.
  [[nodiscard]] Result<Secret> sign(std::string_view key_id, std::string_view payload) const;

  // Returns a secret of 32 bytes that only a holder of this key can make, a different one for each
  // label: HMAC-SHA-256 under the key's bytes as PKCS#1 has them. Cheap: the key is not read for
  // it. Error: kKeyUnusable.
  [[nodiscard]] Result<Secret> derive(std::string_view label) const;

 private:
  SigningKey(SecretView pem, Secret bytes) : bytes_(std::move(bytes)), pem_(pem) {}
  // Returns the key; reads it first if that has not been done.
  [[nodiscard]] Result<EVP_PKEY*> key() const;

  const Secret bytes_;  // DER, PKCS#1
  mutable Mutex mutex_;
  mutable Secret pem_ GUARDED_BY(mutex_);  // wiped once it has been read
  mutable Key key_ GUARDED_BY(mutex_);
};

}  // namespace auth::jose
