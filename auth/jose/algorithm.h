// SPDX-License-Identifier: Apache-2.0
// The algorithms an access token may be signed with (RFC 7518 §3, RFC 8037 §3.1).
//
// Signatures by a private key and nothing else: neither "none" nor an HMAC has a value here, so
// that no code can choose one.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace auth::jose {

enum class Algorithm {
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEs512,
  kEdDsa,
};
constexpr std::size_t kAlgorithmCount = 10;

enum class Family {
  kRsaPkcs1,
  kRsaPss,
  kEcdsa,
  kEd25519,
};

struct AlgorithmTraits {
  Algorithm algorithm;
  std::string_view name;  // as in a header's "alg"
  Family family;
  const char* digest;          // OpenSSL's name; null where the family brings its own
  const char* curve;           // "crv" of the only keys it fits; null for RSA
  std::size_t coordinate = 0;  // ECDSA: bytes of r, and of s
};

[[nodiscard]] const AlgorithmTraits& traits_of(Algorithm algorithm) noexcept;

// Returns nullopt for any other name. Names are case-sensitive (RFC 7515 §4.1.1).
[[nodiscard]] std::optional<Algorithm> algorithm_named(std::string_view name) noexcept;

}  // namespace auth::jose
