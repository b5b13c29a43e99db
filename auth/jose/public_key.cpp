// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "auth/jose/base64url.h"
#include "auth/jose/roca.h"

namespace auth::jose {
namespace {

constexpr std::size_t kEd25519Bytes = 32;

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Parameters = std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;

struct Curve {
  std::string_view name;  // RFC 7518 §6.2.1.1, and OpenSSL's alias
  std::size_t coordinate;
};
constexpr std::array<Curve, 3> kCurves{{{"P-256", 32}, {"P-384", 48}, {"P-521", 66}}};

Error unusable(std::string why) {
  // What OpenSSL queued must not be taken for an error of a later call, such as libcurl's.
  ERR_clear_error();
  return {Reason::kMalformedAnswer, std::move(why)};
}

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Returns the decoded member; nullopt if there is none or it is not base64url.
std::optional<std::string> octets_of(const Json& jwk, std::string_view name) {
  const std::optional<std::string> text = jwk.text_of(name);
  return text ? base64url_decode(*text) : std::nullopt;
}

Result<Key> make_key(const char* type, OSSL_PARAM* parameters) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  if (!context || parameters == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return unusable("OpenSSL does not take it for a key");
  }
  return Key(made);
}

// Checks for factors as far as OpenSSL's own check of a public key. That one takes milliseconds
// more, to find a modulus that is a prime or a power of one, on a thread that must not be blocked.
bool has_small_factor(const BIGNUM* modulus) noexcept {
  constexpr BN_ULONG kLast = 751;
  if (BN_is_odd(modulus) == 0) return true;
  for (BN_ULONG candidate = 3; candidate <= kLast; candidate += 2) {
    if (BN_mod_word(modulus, candidate) == 0) return true;
  }
  return false;
}

Result<void> check_rsa(const BIGNUM* modulus, const BIGNUM* exponent) {
  const int bits = BN_num_bits(modulus);
  if (bits < kMinJwkRsaBits) {
    return unusable("it is an RSA key of less than " + std::to_string(kMinJwkRsaBits) + " bits");
  }
  if (bits > kMaxJwkRsaBits) {
    return unusable("it is an RSA key of more than " + std::to_string(kMaxJwkRsaBits) + " bits");
  }
  if (BN_is_odd(exponent) == 0 || BN_is_one(exponent) != 0 ||
      BN_num_bits(exponent) > kMaxJwkExponentBits) {
    return unusable("its exponent is even, 1 or too large");
  }
  if (has_small_factor(modulus)) return unusable("its modulus has a small factor");
  if (bears_roca_mark(modulus)) return unusable("it can be factored (ROCA, CVE-2017-15361)");
  return {};
}

Result<Key> rsa_key(const Json& jwk) {
  const std::optional<std::string> n = octets_of(jwk, "n");
  const std::optional<std::string> e = octets_of(jwk, "e");
  if (!n || !e) return unusable("its n or e is missing or not base64url");
  const Number modulus(BN_bin2bn(bytes_of(*n), static_cast<int>(n->size()), nullptr), &BN_free);
  const Number exponent(BN_bin2bn(bytes_of(*e), static_cast<int>(e->size()), nullptr), &BN_free);
  if (!modulus || !exponent) return unusable("OpenSSL has no memory for it");
  if (auto checked = check_rsa(modulus.get(), exponent.get()); !checked) {
    return std::move(checked).error();
  }
  const ParameterBuilder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  if (!builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return unusable("OpenSSL has no memory for it");
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()), &OSSL_PARAM_free);
  return make_key("RSA", parameters.get());
}

bool is_sound(EVP_PKEY* key) noexcept {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr), &EVP_PKEY_CTX_free);
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

// RFC 7518 §6.2.1.2: "The length of this octet string MUST be the full size of a coordinate".
Result<Key> ec_key(const Json& jwk) {
  const std::string name = jwk.text_of("crv").value_or("");
  for (const Curve& curve : kCurves) {
    if (curve.name != name) continue;
    const std::optional<std::string> x = octets_of(jwk, "x");
    const std::optional<std::string> y = octets_of(jwk, "y");
    if (!x || !y || x->size() != curve.coordinate || y->size() != curve.coordinate) {
      return unusable("its x or y is missing, not base64url or not of the curve's length");
    }
    std::string group = name;
    std::string point = '\x04' + *x + *y;  // uncompressed, SEC 1 §2.3.3
    std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    Result<Key> key = make_key("EC", parameters.data());
    if (key && !is_sound(key->get())) return unusable("OpenSSL finds it damaged");
    return key;
  }
  return unusable("its curve is not P-256, P-384 or P-521");
}

Result<Key> okp_key(const Json& jwk) {
  if (jwk.text_of("crv") != "Ed25519") return unusable("its curve is not Ed25519");
  const std::optional<std::string> x = octets_of(jwk, "x");
  if (!x || x->size() != kEd25519Bytes) {
    return unusable("its x is missing, not base64url or not of the curve's length");
  }
  Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes_of(*x), x->size()));
  if (!key) return unusable("OpenSSL does not take it for a key");
  return key;
}

}  // namespace

Result<Key> public_key(const Json& jwk) {
  const std::string type = jwk.text_of("kty").value_or("");
  if (type == "RSA") return rsa_key(jwk);
  if (type == "EC") return ec_key(jwk);
  if (type == "OKP") return okp_key(jwk);
  return unusable("its type is not RSA, EC or OKP");
}

}  // namespace auth::jose
