// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/verification_key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <utility>

namespace auth::jose {
namespace {

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BIGNUM* number_of(std::string_view bytes) noexcept {
  return BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr);
}

// The signature as OpenSSL wants it: RFC 7518 §3.4 has r and s side by side, X.509 an ASN.1
// SEQUENCE. Empty where it is not of that length.
std::string to_der(std::string_view signature, std::size_t coordinate) {
  if (signature.size() != 2 * coordinate) return {};
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(),
                                                                   &ECDSA_SIG_free);
  BIGNUM* r = number_of(signature.substr(0, coordinate));
  BIGNUM* s = number_of(signature.substr(coordinate));
  if (!pair || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* end = reinterpret_cast<unsigned char*>(der.data());
  if (i2d_ECDSA_SIG(pair.get(), &end) != size) return {};
  return der;
}

// PSS as RFC 7518 §3.5 narrows it: MGF1 over the same hash, a salt as long as the hash.
bool choose_padding(EVP_PKEY_CTX* context, Family family) noexcept {
  switch (family) {
    case Family::kRsaPkcs1:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case Family::kRsaPss:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    case Family::kEcdsa:
    case Family::kEd25519:
      return true;
  }
  return false;
}

bool is_on_curve(const EVP_PKEY* key, const char* curve) noexcept {
  std::array<char, 32> group{};
  return EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
         OBJ_sn2nid(group.data()) == EC_curve_nist2nid(curve);
}

}  // namespace

VerificationKey::VerificationKey(Key key, std::optional<std::string> id,
                                 std::optional<Algorithm> only)
    : key_(std::move(key)), id_(std::move(id)) {
  for (std::size_t i = 0; i < kAlgorithmCount; ++i) {
    const auto algorithm = static_cast<Algorithm>(i);
    if (only && *only != algorithm) continue;
    const AlgorithmTraits& traits = traits_of(algorithm);
    if (suits(traits)) contexts_[i] = prepare(traits);
  }
}

bool VerificationKey::fits_any() const noexcept {
  return std::any_of(contexts_.begin(), contexts_.end(),
                     [](const Context& context) { return context != nullptr; });
}

bool VerificationKey::suits(const AlgorithmTraits& traits) const {
  switch (traits.family) {
    case Family::kRsaPkcs1:
    case Family::kRsaPss:
      return EVP_PKEY_is_a(key_.get(), "RSA") == 1;
    case Family::kEcdsa:
      return EVP_PKEY_is_a(key_.get(), "EC") == 1 && is_on_curve(key_.get(), traits.curve);
    case Family::kEd25519:
      return EVP_PKEY_is_a(key_.get(), "ED25519") == 1;
  }
  return false;
}

VerificationKey::Context VerificationKey::prepare(const AlgorithmTraits& traits) const {
  Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (!context ||
      EVP_DigestVerifyInit_ex(context.get(), &parameters, traits.digest, nullptr, nullptr,
                              key_.get(), nullptr) != 1 ||
      !choose_padding(parameters, traits.family)) {
    ERR_clear_error();
    return nullptr;
  }
  return context;
}

bool VerificationKey::verify(Algorithm algorithm, std::string_view text,
                             std::string_view signature) const {
  if (!fits(algorithm)) return false;
  const AlgorithmTraits& traits = traits_of(algorithm);
  std::string der;
  if (traits.family == Family::kEcdsa) {
    der = to_der(signature, traits.coordinate);
    signature = der;
  }
  // RFC 8017 §8.1.2: the signature is as long as the modulus. OpenSSL accepts a PSS signature
  // without its leading zero.
  const bool is_rsa = traits.family == Family::kRsaPkcs1 || traits.family == Family::kRsaPss;
  const bool whole =
      !is_rsa || signature.size() == static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  const Context context(EVP_MD_CTX_new());
  const bool verified =
      context && whole && !signature.empty() &&
      EVP_MD_CTX_copy_ex(context.get(), contexts_[static_cast<std::size_t>(algorithm)].get()) ==
          1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                       text.size()) == 1;
  // What OpenSSL queued must not be taken for an error of a later call, such as libcurl's.
  if (!verified) ERR_clear_error();
  return verified;
}

}  // namespace auth::jose
