#include "auth/zitadel/jwt_validator.h"

#include <cerrno>
#include <string>
#include <utility>

#include "auth/jose/jwt.h"

namespace auth {

JwtValidator::JwtValidator(Expectations expected, std::shared_ptr<KeySet> keys, const Clock& clock)
    : expected_(std::move(expected)), keys_(std::move(keys)), clock_(clock) {}

bool JwtValidator::looks_like_jwt(SecretView token) noexcept {
  return jose::looks_like_jwt(token.reveal());
}

Result<Claims> JwtValidator::verify(SecretView token) const {
  errno = 0;
  Result<Claims> judged = judge(token);
  // OpenSSL and json-c say no where they lack memory, too: that says nothing of the token.
  if (!judged && errno == ENOMEM) return Error{Reason::kInternal, "there is no memory"};
  return judged;
}

Result<Claims> JwtValidator::judge(SecretView token) const {
  if (!looks_like_jwt(token)) return Reason::kOpaqueToken;
  const Result<jose::Jwt> jwt = jose::Jwt::parse(token.reveal());
  if (!jwt) return jwt.error();
  const Result<jose::SharedKey> key = keys_->find(jwt->key_id());
  if (!key) return key.error();
  const Result<std::string> payload = jwt->verify(**key);
  if (!payload) return payload.error();
  return parse_jwt_claims(*payload, expected_, clock_.wall());
}

std::optional<Error> JwtValidator::disprove(SecretView token) const {
  errno = 0;
  std::optional<Error> disproof = find_disproof(token);
  if (errno == ENOMEM) return std::nullopt;  // as in verify
  return disproof;
}

// The claims first: another issuer's token costs ZITADEL no question for its key.
std::optional<Error> JwtValidator::find_disproof(SecretView token) const {
  const std::optional<std::string> payload = jose::unverified_payload(token.reveal());
  if (payload) {
    if (auto error = disprove_jwt_claims(*payload, expected_, clock_.wall())) return error;
  }
  const Result<jose::Jwt> jwt = jose::Jwt::parse(token.reveal());
  if (!jwt || !jwt->key_id()) return std::nullopt;
  const Result<jose::SharedKey> key = keys_->find(jwt->key_id());
  if (!key) return std::nullopt;
  const Result<std::string> verified = jwt->verify(**key);
  if (verified || verified.error().reason != Reason::kBadSignature) return std::nullopt;
  return verified.error();
}

void JwtValidator::when_decidable(std::function<void()> done) const {
  keys_->when_asked(std::move(done));
}

void JwtValidator::warm_up() const { keys_->warm_up(); }

}  // namespace auth
