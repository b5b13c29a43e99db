// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/roca.h"

namespace auth::jose {
namespace {

// The chip chose its primes as k * M + (65537^a mod M), M being the product of the primes below: so
// modulo each of them such a modulus is a power of 65537.
constexpr unsigned kPrimes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
constexpr unsigned kGenerator = 65537;

bool is_power_of_generator(unsigned residue, unsigned prime) noexcept {
  unsigned power = 1;
  do {
    if (power == residue) return true;
    power = power * (kGenerator % prime) % prime;
  } while (power != 1);
  return false;
}

}  // namespace

bool bears_roca_mark(const BIGNUM* modulus) noexcept {
  for (const unsigned prime : kPrimes) {
    const auto residue = static_cast<unsigned>(BN_mod_word(modulus, prime));
    if (!is_power_of_generator(residue, prime)) return false;
  }
  return true;
}

}  // namespace auth::jose
