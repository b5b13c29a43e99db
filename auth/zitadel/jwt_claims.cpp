// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/jwt_claims.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "auth/base/json_members.h"

namespace auth {
namespace {

constexpr std::string_view kEvents = "events";
// OpenID Connect Back-Channel Logout 1.0 §2.4.
constexpr std::string_view kLogout = "http://schemas.openid.net/event/backchannel-logout";

// ZITADEL gives all its tokens one "typ", so their claims have to tell them apart: every access
// token has a jti and no ID token has. Other claims say nothing of it: an ID token that came by
// token exchange lacks nonce, at_hash and auth_time, and an access token may hold them as claims of
// the operator's own.
bool has_another_purpose(const Json& claims) {
  if (claims.text_of("jti").value_or("").empty()) return true;
  const std::optional<Json> events = claims.member(kEvents);
  return events && events->member(kLogout);
}

}  // namespace

Result<Claims> parse_jwt_claims(std::string_view payload, const Expectations& expected,
                                WallTime now) {
  const std::optional<JsonMembers> members = JsonMembers::parse(payload);
  if (!members) return Error{Reason::kMalformedJwt, "its payload is not a JSON object"};
  if (members->is_unreadable(kEvents)) {
    return Error{Reason::kMalformedClaims, "events cannot be read"};
  }
  const Json& claims = members->readable();
  if (has_another_purpose(claims)) return Reason::kNotAnAccessToken;
  for (const std::string_view name : {"exp", "iss", "aud", "sub"}) {
    if (!claims.member(name) && !members->is_unreadable(name)) {
      return Error{Reason::kClaimMissing, std::string(name)};
    }
  }
  const std::optional<std::string> subject = claims.text_of("sub");
  if (!subject || subject->empty()) return Error{Reason::kMalformedClaims, "sub is not a string"};
  return read_claims(*members, expected, Judge::kHere, now);
}

Result<void> disprove_jwt_claims(std::string_view payload, const Expectations& expected,
                                 std::optional<WallTime> now) {
  const std::optional<JsonMembers> members = JsonMembers::parse(payload);
  if (!members) return {};
  const std::optional<std::string> issuer = members->readable().text_of("iss");
  if (issuer && *issuer != expected.issuer) return Error{Reason::kWrongIssuer};
  const std::optional<std::int64_t> expiry = members->readable().integer_of("exp");
  if (expiry && now && WallTime{std::chrono::seconds(*expiry)} <= *now - kClockSkew) {
    return Error{Reason::kExpired};
  }
  return {};
}

}  // namespace auth
