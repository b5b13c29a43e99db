#include "auth/local_validation.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace auth {
namespace {

// So no token of ZITADEL's can be, whoever looks at it. All else is for ZITADEL to say: it may know
// better than the claims what a token is meant for.
constexpr Reason kForgedOrOver[] = {
    Reason::kMalformedJwt,         Reason::kUnsupportedTokenType, Reason::kUnsupportedExtension,
    Reason::kUnsupportedAlgorithm, Reason::kUnknownKey,           Reason::kAlgorithmMismatch,
    Reason::kBadSignature,         Reason::kWrongIssuer,          Reason::kExpired};

bool is_forged_or_over(Reason reason) noexcept {
  return std::find(std::begin(kForgedOrOver), std::end(kForgedOrOver), reason) !=
         std::end(kForgedOrOver);
}

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
  Result<Claims> judged = jwts_->verify(token);
  if (judged || !is_forged_or_over(judged.error().reason)) return std::nullopt;
  return judged;
}

void LocalValidation::when_decidable(std::function<void()> done) const {
  jwts_->when_decidable(std::move(done));
}

void LocalValidation::warm_up() const {
  if (jwts_) jwts_->warm_up();
}

}  // namespace auth
