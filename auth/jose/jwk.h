// SPDX-License-Identifier: Apache-2.0
// JSON Web Keys and sets of them (RFC 7517, RFC 7518 §6, RFC 8037 §2), as far as they verify
// signatures.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/json.h"
#include "auth/base/result.h"
#include "auth/jose/verification_key.h"

namespace auth::jose {

constexpr std::size_t kMaxKeyIdBytes = 256;
constexpr std::size_t kMaxJwkSetKeys = 128;

using SharedKey = std::shared_ptr<const VerificationKey>;

// Reads an RSA key, a key on P-256, P-384 or P-521, or an Ed25519 key. Private members are ignored.
// Error: kMalformedAnswer if the key cannot be used: another type, a member that is missing or
// malformed, a point off its curve, an RSA key that is too short, too long or weak (even or tiny
// exponent, small factors, ROCA), or "use", "key_ops" or "alg" that name another purpose.
[[nodiscard]] Result<SharedKey> parse_jwk(const Json& jwk);

// Immutable after construction.
class JwkSet {
 public:
  // Leaves out keys that cannot be used, or not even be read, as RFC 7517 §5 wants it: they spoil
  // none of the others. Keys beyond kMaxJwkSetKeys are left out too, and keys that share a "kid":
  // it names none of them for certain. Error: kMalformedAnswer if the text is no key set at all.
  [[nodiscard]] static Result<JwkSet> parse(std::string_view text);

  // Returns the key with that "kid"; without an id, the only key of the set. Null if there is none.
  [[nodiscard]] SharedKey find(const std::optional<std::string>& id) const;

  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

  // Why keys were left out, one line each, for the log.
  [[nodiscard]] const std::vector<std::string>& left_out() const noexcept { return left_out_; }

 private:
  void take(std::string_view text);
  void leave_out_ambiguous();

  std::vector<SharedKey> keys_;
  std::vector<std::string> left_out_;
};

}  // namespace auth::jose
