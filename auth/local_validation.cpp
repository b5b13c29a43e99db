#include "auth/local_validation.h"

#include <utility>

namespace auth {
namespace {

// The key set is being asked for: its answer will tell.
bool is_undecided(const Result<Claims>& judged) noexcept {
  return !judged && judged.error().reason == Reason::kKeySetUnavailable &&
         !judged.error().retry_after;
}

std::optional<JwtValidator> validator_of(const Settings& settings, const Expectations& expected,
                                         std::shared_ptr<KeySet> keys, const Clock& clock,
                                         bool keys_last) {
  if (settings.validation == Validation::kIntrospection && !(settings.jwt_shield && keys_last)) {
    return std::nullopt;
  }
  return JwtValidator(expected, std::move(keys), clock);
}

}  // namespace

LocalValidation::LocalValidation(const Settings& settings, const Expectations& expected,
                                 std::shared_ptr<KeySet> keys, const Clock& clock, bool keys_last)
    : validation_(settings.validation),
      jwts_(validator_of(settings, expected, std::move(keys), clock, keys_last)) {}

bool LocalValidation::decides(SecretView token) const noexcept {
  switch (validation_) {
    case Validation::kIntrospection:
      return false;
    case Validation::kJwt:
      return true;
    case Validation::kJwtOrIntrospection:
      return JwtValidator::looks_like_jwt(token);
  }
  return false;
}

std::optional<Result<Claims>> LocalValidation::judge(SecretView token) const {
  if (decides(token)) {
    Result<Claims> judged = jwts_->verify(token);
    if (is_undecided(judged)) return std::nullopt;
    return judged;
  }
  if (!jwts_ || !JwtValidator::looks_like_jwt(token)) return std::nullopt;
  std::optional<Error> disproof = jwts_->disprove(token);
  if (!disproof) return std::nullopt;
  return Result<Claims>(*std::move(disproof));
}

void LocalValidation::when_decidable(std::function<void()> done) const {
  jwts_->when_decidable(std::move(done));
}

void LocalValidation::warm_up() const {
  if (jwts_) jwts_->warm_up();
}

}  // namespace auth
