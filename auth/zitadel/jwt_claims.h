// The claims of a JWT access token whose signature has been verified (RFC 7519 §4.1, RFC 9068
// §2.2).
#pragma once

#include <string_view>

#include "auth/claims.h"
#include "auth/clock.h"
#include "auth/result.h"
#include "auth/zitadel/token_claims.h"

namespace auth {

// The payload must hold exp, iss, aud and sub: here nobody else has looked at them. A token that
// ZITADEL signs with the same keys for another purpose, an ID token or a logout token, is refused.
// Errors: kMalformedJwt (not a JSON object without duplicate members), kNotAnAccessToken,
// kClaimMissing, and those of read_claims.
[[nodiscard]] Result<Claims> parse_jwt_claims(std::string_view payload,
                                              const Expectations& expected, WallTime now);

}  // namespace auth
