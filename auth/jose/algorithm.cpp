// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/algorithm.h"

#include <array>

namespace auth::jose {
namespace {

constexpr std::array<AlgorithmTraits, kAlgorithmCount> kTraits{{
    {Algorithm::kRs256, "RS256", Family::kRsaPkcs1, "SHA256", nullptr},
    {Algorithm::kRs384, "RS384", Family::kRsaPkcs1, "SHA384", nullptr},
    {Algorithm::kRs512, "RS512", Family::kRsaPkcs1, "SHA512", nullptr},
    {Algorithm::kPs256, "PS256", Family::kRsaPss, "SHA256", nullptr},
    {Algorithm::kPs384, "PS384", Family::kRsaPss, "SHA384", nullptr},
    {Algorithm::kPs512, "PS512", Family::kRsaPss, "SHA512", nullptr},
    {Algorithm::kEs256, "ES256", Family::kEcdsa, "SHA256", "P-256", 32},
    {Algorithm::kEs384, "ES384", Family::kEcdsa, "SHA384", "P-384", 48},
    {Algorithm::kEs512, "ES512", Family::kEcdsa, "SHA512", "P-521", 66},
    {Algorithm::kEdDsa, "EdDSA", Family::kEd25519, nullptr, "Ed25519"},
}};

constexpr bool in_order_of_the_enum() {
  for (std::size_t i = 0; i < kTraits.size(); ++i) {
    if (static_cast<std::size_t>(kTraits[i].algorithm) != i) return false;
  }
  return true;
}
static_assert(in_order_of_the_enum());

}  // namespace

const AlgorithmTraits& traits_of(Algorithm algorithm) noexcept {
  return kTraits[static_cast<std::size_t>(algorithm)];
}

std::optional<Algorithm> algorithm_named(std::string_view name) noexcept {
  for (const AlgorithmTraits& traits : kTraits) {
    if (traits.name == name) return traits.algorithm;
  }
  return std::nullopt;
}

}  // namespace auth::jose
