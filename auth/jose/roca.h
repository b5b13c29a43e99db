// SPDX-License-Identifier: Apache-2.0
// ROCA (CVE-2017-15361): RSA keys that a faulty chip made and that can be factored.
#pragma once

#include <openssl/bn.h>

namespace auth::jose {

// Whether the modulus bears the mark of that chip. A sound key does once in about 2^27.
[[nodiscard]] bool bears_roca_mark(const BIGNUM* modulus) noexcept;

}  // namespace auth::jose
