// SPDX-License-Identifier: Apache-2.0
// The claims of a JWT access token (RFC 7519 §4.1, RFC 9068 §2.2).
#pragma once

#include <optional>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/token/claims.h"
#include "auth/zitadel/token_claims.h"

namespace auth {

// Returns the claims of a JWT whose signature has been verified. The payload must hold exp, iss,
// aud and sub: nobody else has checked them. A token that ZITADEL signs with the same keys for
// another purpose, an ID token or a logout token, is refused. Errors: kMalformedJwt (not a JSON
// object without duplicate members), kNotAnAccessToken, kClaimMissing, and those of read_claims.
[[nodiscard]] Result<Claims> parse_jwt_claims(std::string_view payload,
                                              const Expectations& expected, WallTime now);

// Checks for what no valid token can say, whoever signed it. Errors: kWrongIssuer, or kExpired by
// more than kClockSkew. No error if the payload says neither, or cannot be read. now: nullopt if
// the time is not known.
[[nodiscard]] Result<void> disprove_jwt_claims(std::string_view payload,
                                               const Expectations& expected,
                                               std::optional<WallTime> now);

}  // namespace auth
