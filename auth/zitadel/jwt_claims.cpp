#include "auth/zitadel/jwt_claims.h"

#include <optional>
#include <string>
#include <utility>

#include "auth/json.h"

namespace auth {
namespace {

// ZITADEL gives all its tokens one "typ", so their claims have to tell them apart. Of an ID token
// (OpenID Connect Core 1.0 §2, §3.1.3.6, §3.3.2.11) it fills in a hash or a nonce, and auth_time,
// and never a jti, which an access token always has. A logout token has events (OpenID Connect
// Back-Channel Logout 1.0 §2.4).
bool has_another_purpose(const Json& payload) {
  for (const std::string_view name : {"at_hash", "c_hash", "nonce", "events"}) {
    if (payload.member(name)) return true;
  }
  return payload.member("auth_time") && !payload.member("jti");
}

}  // namespace

Result<Claims> parse_jwt_claims(std::string_view payload, const Expectations& expected,
                                WallTime now) {
  const std::optional<Json> members = Json::parse(payload);
  if (!members || !members->is_object()) {
    return Error{Reason::kMalformedJwt, "its payload is not a JSON object"};
  }
  if (has_another_purpose(*members)) return Reason::kNotAnAccessToken;
  for (const std::string_view name : {"exp", "iss", "aud", "sub"}) {
    if (!members->member(name)) return Error{Reason::kClaimMissing, std::string(name)};
  }
  const std::optional<std::string> subject = members->text_of("sub");
  if (!subject || subject->empty()) return Error{Reason::kMalformedClaims, "sub is not a string"};
  return read_claims(*members, expected, now);
}

}  // namespace auth
