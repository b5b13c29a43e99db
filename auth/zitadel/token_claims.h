// SPDX-License-Identifier: Apache-2.0
// Claims of a token, from an answer of introspection (RFC 7662 §2.2) or from a JWT access token
// (RFC 9068 §2.2): the same claims, read and checked by the same code.
#pragma once

#include <string>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/json_members.h"
#include "auth/base/result.h"
#include "auth/token/claims.h"

namespace auth {

// What a token must contain to be meant for this API, and which of its claims are kept.
struct Expectations {
  std::string issuer;
  std::string client_id;                    // empty: only project_id is an audience
  std::string project_id{};                 // empty: see Judge
  std::vector<std::string> extra_claims{};  // kept beside those that Claims has a name for
  bool keep_token_id = false;               // the claim jti
};

// Who has validated the token. If a project id is expected, a token must name it or the client id
// in its audience, and the roles of that project count. If none is expected:
enum class Judge {
  kZitadel,  // it has compared the audience, and names the roles in the project of this API
  kHere,     // the audience must name the client id, and no role counts: a JWT does not say which
             // project is this API's
};

// Checks exp, nbf, iss and aud if they are there; the caller checks which of them must be. nbf may
// be kClockSkew ahead of now, and for Judge::kZitadel, exp as far behind. A claim that is null is
// absent. If one of these, sub, the organisation or the claim with the roles that count is there
// and cannot be read, it is malformed. Scopes and extra claims without room are
// left out (Claims::left_out). Errors: kMalformedClaims, kExpired, kNotYetValid, kWrongIssuer,
// kWrongAudience, kClaimsTooLong.
[[nodiscard]] Result<Claims> read_claims(const JsonMembers& members, const Expectations& expected,
                                         Judge judge, WallTime now);

// Returns the first entries of an aud for the log, each cut, and the number of the others.
[[nodiscard]] std::string audience_in_words(const Json& audience);

}  // namespace auth
