// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "auth/base/json_members.h"
#include "auth/zitadel/introspection.h"

namespace auth {
namespace {

Error malformed(std::string_view what) {
  return {Reason::kMalformedAnswer, "introspection: " + std::string(what)};
}

// A claim that is malformed here is ZITADEL's fault, and an expired token should not be active.
Error as_answer(Error error) {
  if (error.reason == Reason::kMalformedClaims) return malformed(error.detail);
  if (error.reason == Reason::kExpired) error.detail = "introspection called it active";
  return error;
}

}  // namespace

Result<Claims> parse_introspection(std::string_view body, const Expectations& expected,
                                   WallTime now) {
  const std::optional<JsonMembers> answer = JsonMembers::parse(body);
  if (!answer) return malformed("not a JSON object");
  const std::optional<Json> active = answer->readable().member("active");
  const std::optional<bool> is_active = active ? active->boolean() : std::nullopt;
  if (!is_active) return malformed("the member active is missing or not a boolean");
  if (!*is_active) return Reason::kInactive;
  Result<Claims> claims = read_claims(*answer, expected, Judge::kZitadel, now);
  if (!claims) return as_answer(std::move(claims).error());
  return claims;
}

}  // namespace auth
