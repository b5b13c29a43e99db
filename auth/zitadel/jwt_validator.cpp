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

void JwtValidator::when_decidable(std::function<void()> done) const {
  keys_->when_asked(std::move(done));
}

void JwtValidator::warm_up() const { keys_->warm_up(); }

}  // namespace auth
