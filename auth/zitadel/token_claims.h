// What ZITADEL says of a token, in an answer of introspection (RFC 7662 §2.2) or in a JWT access
// token (RFC 9068 §2.2): the same claims, read and checked by the same code.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "auth/claims.h"
#include "auth/clock.h"
#include "auth/json.h"
#include "auth/result.h"

namespace auth {

// Clock skew allowed for nbf, and for nothing else.
constexpr std::chrono::seconds kNotBeforeSkew{30};

// What a token must say to be meant for this API, and what is kept of it.
struct Expectations {
  std::string issuer;
  std::string client_id;     // empty: only project_id is an audience
  std::string project_id{};  // empty: roles of any project count, only client_id is an audience
  std::vector<std::string> extra_claims{};  // kept beside those that Claims has a name for
};

// Checks exp, nbf, iss and aud as far as they are there; which of them must be is the caller's to
// say. Errors: kMalformedClaims, kExpired, kNotYetValid, kWrongIssuer, kWrongAudience.
[[nodiscard]] Result<Claims> read_claims(const Json& members, const Expectations& expected,
                                         WallTime now);

}  // namespace auth
