// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/jwts.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <memory>
#include <optional>
#include <stdexcept>

#include "auth/jose/base64url.h"
#include "tests/unit/support/keys.h"

namespace support {
namespace {

using auth::jose::Algorithm;
using auth::jose::AlgorithmTraits;
using auth::jose::base64url_encode;
using auth::jose::Family;
using auth::jose::Key;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL could not make what the test needs");
}

Key required(EVP_PKEY* made) {
  require(made != nullptr);
  return Key(made);
}

std::string padded(const BIGNUM* number, std::size_t bytes) {
  std::string text(bytes, '\0');
  require(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()),
                       static_cast<int>(bytes)) == static_cast<int>(bytes));
  return text;
}

// A number of the key, base64url; bytes: its length, or 0 for the shortest.
std::string number_of(EVP_PKEY* key, const char* name, std::size_t bytes = 0) {
  BIGNUM* got = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &got) == 1);
  const Number number(got, &BN_free);
  return base64url_encode(
      padded(got, bytes > 0 ? bytes : static_cast<std::size_t>(BN_num_bytes(got))));
}

std::string ed25519_point(EVP_PKEY* key) {
  std::string point(32, '\0');
  std::size_t size = point.size();
  require(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(point.data()), &size) ==
          1);
  return base64url_encode(point);
}

std::string to_jose(const std::string& der, std::size_t coordinate) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), &ECDSA_SIG_free);
  require(pair != nullptr);
  return padded(ECDSA_SIG_get0_r(pair.get()), coordinate) +
         padded(ECDSA_SIG_get0_s(pair.get()), coordinate);
}

// pss_salt: nothing for anything but PSS.
std::string sign(EVP_PKEY* key, const char* digest, std::optional<int> pss_salt,
                 std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  require(EVP_DigestSignInit_ex(context.get(), &parameters, digest, nullptr, nullptr, key,
                                nullptr) == 1);
  if (pss_salt) {
    require(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, *pss_salt) == 1);
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  require(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
  std::string signature(size, '\0');
  require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         bytes, text.size()) == 1);
  signature.resize(size);
  return signature;
}

}  // namespace

EVP_PKEY* key_for(Algorithm algorithm) {
  static const Key p256 = new_ec_key("P-256");
  static const Key p384 = new_ec_key("P-384");
  static const Key p521 = new_ec_key("P-521");
  static const Key ed25519 = new_ed25519_key();
  switch (algorithm) {
    case Algorithm::kEs256:
      return p256.get();
    case Algorithm::kEs384:
      return p384.get();
    case Algorithm::kEs512:
      return p521.get();
    case Algorithm::kEdDsa:
      return ed25519.get();
    case Algorithm::kRs256:
    case Algorithm::kRs384:
    case Algorithm::kRs512:
    case Algorithm::kPs256:
    case Algorithm::kPs384:
    case Algorithm::kPs512:
      return rsa_key();
  }
  throw std::runtime_error("no such algorithm");
}

Key new_ec_key(const char* curve) { return required(EVP_EC_gen(curve)); }

Key new_ed25519_key() { return required(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

std::string jwk_of(EVP_PKEY* key, std::string_view more) {
  std::string members;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    members = R"("kty":"RSA","n":")" + number_of(key, OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
              number_of(key, OSSL_PKEY_PARAM_RSA_E);
  } else if (EVP_PKEY_is_a(key, "EC") == 1) {
    const int bits = EVP_PKEY_get_bits(key);
    const auto bytes = static_cast<std::size_t>((bits + 7) / 8);
    members = R"("kty":"EC","crv":"P-)" + std::to_string(bits) + R"(","x":")" +
              number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, bytes) + R"(","y":")" +
              number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, bytes);
  } else {
    members = R"("kty":"OKP","crv":"Ed25519","x":")" + ed25519_point(key);
  }
  return '{' + members + '"' + std::string(more) + '}';
}

std::string jwk_set_of(const std::vector<std::string>& keys) {
  std::string list;
  for (const std::string& key : keys) list += (list.empty() ? "" : ",") + key;
  return "{\"keys\":[" + list + "]}";
}

auth::jose::SharedKey verification_key(EVP_PKEY* key, std::string_view more) {
  const std::optional<auth::Json> jwk = auth::Json::parse(jwk_of(key, more));
  require(jwk.has_value());
  auth::Result<auth::jose::SharedKey> made = auth::jose::parse_jwk(*jwk);
  if (!made) throw std::runtime_error("the key is refused: " + made.error().detail);
  return *std::move(made);
}

std::string signature_of(EVP_PKEY* key, Algorithm algorithm, std::string_view text) {
  const AlgorithmTraits& traits = auth::jose::traits_of(algorithm);
  const std::optional<int> salt =
      traits.family == Family::kRsaPss ? std::optional(RSA_PSS_SALTLEN_DIGEST) : std::nullopt;
  const std::string signature = sign(key, traits.digest, salt, text);
  return traits.family == Family::kEcdsa ? to_jose(signature, traits.coordinate) : signature;
}

std::string pss_signature_of(EVP_PKEY* key, std::string_view text, int salt_bytes) {
  return sign(key, "SHA256", salt_bytes, text);
}

std::string signed_jwt(EVP_PKEY* key, Algorithm algorithm, std::string_view header,
                       std::string_view payload) {
  const std::string text = base64url_encode(header) + '.' + base64url_encode(payload);
  return text + '.' + base64url_encode(signature_of(key, algorithm, text));
}

std::string signed_jwt(Algorithm algorithm, std::string_view key_id, std::string_view payload) {
  const std::string header = "{\"alg\":\"" + std::string(auth::jose::traits_of(algorithm).name) +
                             "\",\"kid\":" + auth::json_quote(key_id) + '}';
  return signed_jwt(key_for(algorithm), algorithm, header, payload);
}

}  // namespace support
