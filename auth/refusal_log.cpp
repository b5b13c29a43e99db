// SPDX-License-Identifier: Apache-2.0
#include "auth/refusal_log.h"

#include <optional>
#include <string>
#include <string_view>

#include "auth/base/json_members.h"
#include "auth/jose/base64url.h"
#include "auth/jose/jwt.h"
#include "auth/zitadel/token_claims.h"

namespace auth {
namespace {

// Returns the audience that a JWT claims, which nobody has verified; empty if it claims none.
std::string claimed_audience(std::string_view token) {
  if (!jose::looks_like_jwt(token)) return {};
  const std::size_t first = token.find('.') + 1;
  const auto payload = jose::base64url_decode(token.substr(first, token.rfind('.') - first));
  const std::optional<JsonMembers> claims = payload ? JsonMembers::parse(*payload) : std::nullopt;
  const std::optional<Json> audience =
      claims ? claims->readable().member("aud") : std::optional<Json>();
  if (!audience) return {};
  return "; it is a JWT whose aud, by its own words, holds " + audience_in_words(*audience);
}

std::string words_about(const Error& error, SecretView token) {
  if (error.reason != Reason::kInactive) return "a token was refused: " + to_string(error);
  return "ZITADEL calls a token inactive. Usual causes: it was asked for without the scope "
         "urn:zitadel:iam:org:project:id:PROJECT_ID:aud of this API's project; it has expired or "
         "was revoked; it is of another instance; or ZITADEL failed internally" +
         claimed_audience(token.reveal());
}

// A server that answers for ZITADEL may have put the token, or its beginning, where no token
// belongs.
std::string line_about(const Error& error, SecretView token) {
  constexpr std::size_t kTelling = 8;
  std::string words = words_about(error, token);
  const std::string_view beginning = token.reveal().substr(0, kTelling);
  if (words.find(beginning) == words.npos) return words;
  return "a token was refused: " + std::string(describe(error.reason));
}

}  // namespace

void RefusalLog::add(const Error& error, SecretView token) {
  const bool is_the_tokens = fault_of(error.reason) == Fault::kToken;
  if (log_enabled(LogLevel::kDebug)) {
    log(is_the_tokens ? LogLevel::kInfo : LogLevel::kDebug, line_about(error, token));
  } else if (is_the_tokens && log_enabled(LogLevel::kInfo)) {
    log_.add(LogLevel::kInfo, describe(error.reason), [&] { return line_about(error, token); });
  }
}

}  // namespace auth
