// SPDX-License-Identifier: Apache-2.0
// Signed JSON Web Tokens (RFC 7519) in compact form (RFC 7515 §3.1): taken apart and verified.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/result.h"
#include "auth/jose/algorithm.h"
#include "auth/jose/verification_key.h"
#include "auth/token/bearer_token.h"

namespace auth::jose {

// Maximum size of a JWT: that of an Authorization header.
constexpr std::size_t kMaxJwtBytes = kMostAuthorizationBytes;
constexpr std::size_t kMaxJwtHeaderBytes = 4 << 10;

// Returns whether the token is a JWT, well-formed or not: it begins like the base64url form of a
// JSON object and has a dot. ZITADEL's opaque tokens have no dot.
[[nodiscard]] bool looks_like_jwt(std::string_view token) noexcept;

// Returns the payload without any verification: anybody may have written it. nullopt if the text
// does not have three parts, or is longer than kMaxJwtBytes.
[[nodiscard]] std::optional<std::string> unverified_payload(std::string_view text);

// A JWT whose header has been read and whose signature has not been checked. Views the text it was
// parsed from, which must outlive it. Immutable after construction.
class Jwt {
 public:
  // BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature) and nothing else. The header
  // is one JSON object without duplicate members. Its "typ" is absent, JWT or at+jwt (RFC 7519
  // §5.1, RFC 9068 §2.1). Keys that it brings along ("jwk", "jku", "x5u", "x5c") are ignored.
  // Errors: kMalformedJwt, kUnsupportedTokenType, kUnsupportedExtension (any "crit", RFC 7515
  // §4.1.11, for none is implemented here; a "b64" that is not true, RFC 7797),
  // kUnsupportedAlgorithm.
  [[nodiscard]] static Result<Jwt> parse(std::string_view text);

  [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
  [[nodiscard]] const std::optional<std::string>& key_id() const noexcept { return key_id_; }

  // Checks the signature by this key and returns the payload. Errors: kAlgorithmMismatch (the
  // header's algorithm does not fit the key), kBadSignature, kMalformedJwt (a part is not base64url
  // in its only spelling).
  [[nodiscard]] Result<std::string> verify(const VerificationKey& key) const;

 private:
  Jwt(Algorithm algorithm, std::optional<std::string> key_id, std::string_view text,
      std::size_t first_dot, std::size_t last_dot);

  Algorithm algorithm_;
  std::optional<std::string> key_id_;
  std::string_view signed_text_;  // header and payload
  std::string_view payload_;      // encoded
  std::string_view signature_;    // encoded
};

}  // namespace auth::jose
