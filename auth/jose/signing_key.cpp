// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/signing_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits>

#include "auth/base/hmac.h"
#include "auth/base/json.h"
#include "auth/jose/base64url.h"

namespace auth::jose {
namespace {

constexpr int kMinRsaBits = 2048;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// Replaces OpenSSL's own callback, which would ask on the terminal.
int refuse_passphrase(char*, int, int, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Error unusable(std::string detail) {
  // What OpenSSL queued must not be taken for an error of a later call, such as libcurl's.
  ERR_clear_error();
  return Error{Reason::kKeyUnusable, std::move(detail)};
}

// A block of PEM: what OpenSSL has found between two lines of dashes.
struct PemBlock {
  PemBlock() = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(bytes, static_cast<std::size_t>(size));
  }

  char* name = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
};

// PKCS#8 puts a head in front of the RSA key that PKCS#1 holds alone (RFC 5208 §5): a version, the
// algorithm, and lengths of two bytes each for a key of this size.
std::string_view without_pkcs8_head(std::string_view der) {
  constexpr std::size_t kHeadBytes = 26;
  constexpr std::size_t kLengthBytes = 4;
  constexpr std::string_view kMark(
      "\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 16);
  const bool has_head = der.size() > kHeadBytes && der.substr(kLengthBytes, kMark.size()) == kMark;
  return has_head ? der.substr(kHeadBytes) : der;
}

Bio bio_of(SecretView text) {
  return {BIO_new_mem_buf(text.reveal().data(), static_cast<int>(text.size())), &BIO_free_all};
}

constexpr const char* kProtected =
    "it is protected by a passphrase, which ZITADEL's keys never are";
constexpr const char* kNoKey = "it is not a private key in PEM form (PKCS#1 or PKCS#8)";

// Returns the bytes of the first private key in the PEM.
Result<Secret> bytes_of(SecretView pem) {
  if (pem.size() > std::numeric_limits<int>::max()) return unusable("the PEM text is too long");
  const Bio bio = bio_of(pem);
  if (!bio) return unusable("OpenSSL has no memory to read it");
  for (;;) {
    PemBlock block;
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.bytes, &block.size) != 1) {
      return unusable(kNoKey);
    }
    const std::string_view name(block.name);
    if (!name.ends_with("PRIVATE KEY")) continue;
    if (name == "ENCRYPTED PRIVATE KEY" || *block.header != '\0') return unusable(kProtected);
    return Secret(without_pkcs8_head(
        {reinterpret_cast<const char*>(block.bytes), static_cast<std::size_t>(block.size)}));
  }
}

Result<Key> read_key(SecretView pem) {
  const Bio bio = bio_of(pem);
  if (!bio) return unusable("OpenSSL has no memory to read it");
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &refuse_passphrase, &asked));
  if (asked) return unusable(kProtected);
  if (!key) return unusable(kNoKey);
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1) {
    return unusable("it is not an RSA key, and RS256 needs one");
  }
  if (EVP_PKEY_get_bits(key.get()) < kMinRsaBits) {
    return unusable("it is an RSA key of less than " + std::to_string(kMinRsaBits) + " bits");
  }
  return key;
}

}  // namespace

Result<std::shared_ptr<const SigningKey>> SigningKey::from_pem(SecretView pem, KeyReading reading) {
  Result<Secret> bytes = bytes_of(pem);
  if (!bytes) return std::move(bytes).error();
  std::shared_ptr<const SigningKey> made(new SigningKey(pem, *std::move(bytes)));
  if (reading == KeyReading::kNow) {
    if (const Result<EVP_PKEY*> key = made->key(); !key) return key.error();
  }
  return made;
}

Result<EVP_PKEY*> SigningKey::key() const {
  Secret pem;
  {
    const MutexLock lock(mutex_);
    if (key_) return key_.get();
    pem = pem_.copy();
  }
  // Reads the key without the lock. If several threads do so at the same time, the first result
  // counts.
  Result<Key> key = read_key(pem);
  if (!key) return std::move(key).error();
  const MutexLock lock(mutex_);
  if (!key_) {
    key_ = *std::move(key);
    pem_ = Secret();
  }
  return key_.get();
}

Result<Secret> SigningKey::sign(std::string_view key_id, std::string_view payload) const {
  std::string jws =
      base64url_encode(R"({"alg":"RS256","typ":"JWT","kid":)" + json_quote(key_id) + '}');
  jws.append(1, '.').append(base64url_encode(payload));

  const Result<EVP_PKEY*> key = this->key();
  if (!key) return key.error();
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, *key) != 1) {
    return unusable("OpenSSL cannot sign with it");
  }
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(*key)), '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(jws.data()), jws.size()) != 1) {
    return unusable("OpenSSL cannot sign with it");
  }
  signature.resize(size);
  jws.append(1, '.').append(base64url_encode(signature));
  return Secret::take(jws);
}

Result<Secret> SigningKey::derive(std::string_view label) const {
  std::optional<Secret> derived = hmac_sha256(bytes_, {label});
  if (!derived) return unusable("OpenSSL cannot compute an HMAC");
  return *std::move(derived);
}

}  // namespace auth::jose
