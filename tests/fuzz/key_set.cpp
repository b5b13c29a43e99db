// SPDX-License-Identifier: Apache-2.0
// Input: a JSON Web Key set.
#include "auth/jose/jwk.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto set = auth::jose::JwkSet::parse(fuzz::text_of(data, size));
  if (!set) return 0;
  fuzz::require(set->size() <= auth::jose::kMaxJwkSetKeys);
  if (const auth::jose::SharedKey only = set->find(std::nullopt)) {
    fuzz::require(set->size() == 1 && only->fits_any());
    // No signature is of one byte.
    for (std::size_t i = 0; i < auth::jose::kAlgorithmCount; ++i) {
      fuzz::require(!only->verify(static_cast<auth::jose::Algorithm>(i), "text", "s"));
    }
    if (only->id()) fuzz::require(set->find(only->id()) == only);
  }
  return 0;
}
