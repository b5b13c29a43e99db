#include "auth/jose/jws.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits>

#include "auth/hmac.h"
#include "auth/jose/base64url.h"
#include "auth/json.h"

namespace auth::jose {
namespace {

constexpr int kMinRsaBits = 2048;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
struct NumberDeleter {
  void operator()(BIGNUM* number) const noexcept { BN_clear_free(number); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// Given in place of OpenSSL's own, which would ask on the terminal.
int refuse_passphrase(char*, int, int, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Error unusable(std::string detail) {
  // What OpenSSL queued must not be taken for an error of a later call, such as libcurl's.
  ERR_clear_error();
  return Error{Reason::kKeyUnusable, std::move(detail)};
}

}  // namespace

Result<std::shared_ptr<const SigningKey>> SigningKey::from_pem(SecretView pem) {
  const std::string_view text = pem.reveal();
  if (text.size() > std::numeric_limits<int>::max()) return unusable("the PEM text is too long");
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
  if (!bio) return unusable("OpenSSL has no memory to read it");
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &refuse_passphrase, &asked));
  if (asked) return unusable("it is protected by a passphrase, which ZITADEL's keys never are");
  if (!key) return unusable("it is not a private key in PEM form (PKCS#1 or PKCS#8)");
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1) {
    return unusable("it is not an RSA key, and RS256 needs one");
  }
  if (EVP_PKEY_get_bits(key.get()) < kMinRsaBits) {
    return unusable("it is an RSA key of less than " + std::to_string(kMinRsaBits) + " bits");
  }
  return std::make_shared<const SigningKey>(std::move(key));
}

Result<Secret> SigningKey::sign(std::string_view key_id, std::string_view payload) const {
  std::string jws =
      base64url_encode(R"({"alg":"RS256","typ":"JWT","kid":)" + json_quote(key_id) + '}');
  jws.append(1, '.').append(base64url_encode(payload));

  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1) {
    return unusable("OpenSSL cannot sign with it");
  }
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
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
  BIGNUM* number = nullptr;
  const int read = EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_RSA_D, &number);
  const std::unique_ptr<BIGNUM, NumberDeleter> exponent(number);
  if (read != 1) return unusable("OpenSSL does not give its private exponent");
  std::string bytes(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  if (BN_bn2binpad(exponent.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                   static_cast<int>(bytes.size())) < 0) {
    return unusable("OpenSSL does not write its private exponent");
  }
  const Secret exponent_bytes = Secret::take(bytes);
  std::optional<Secret> derived = hmac_sha256(exponent_bytes, {label});
  if (!derived) return unusable("OpenSSL cannot compute an HMAC");
  return *std::move(derived);
}

}  // namespace auth::jose
