// SPDX-License-Identifier: Apache-2.0
#include "auth/local_validation.h"

#include <cerrno>
#include <string>
#include <utility>

#include "auth/jose/jwt.h"
#include "auth/settings/settings.h"

namespace auth {
namespace {

bool looks_like_jwt(SecretView token) noexcept { return jose::looks_like_jwt(token.reveal()); }

// Time after which ZITADEL's events may be available again.
constexpr std::chrono::seconds kAskAgain{1};

}  // namespace

LocalValidation::LocalValidation(const Settings& settings, Expectations expected,
                                 std::shared_ptr<RemoteKeySet> keys, const Clock& clock,
                                 bool keys_last, const Revocations* revocations)
    : mode_(mode_of(settings, keys_last)),
      expected_(std::move(expected)),
      keys_(std::move(keys)),
      clock_(clock),
      keys_last_(keys_last),
      revocations_(revocations) {}

LocalValidation::Mode LocalValidation::mode_of(const Settings& settings, bool keys_last) {
  switch (settings.validation) {
    case Validation::kIntrospection:
      return settings.jwt_shield && keys_last ? Mode::kShields : Mode::kLeavesAll;
    case Validation::kJwt:
      return Mode::kDecidesAll;
    case Validation::kJwtOrIntrospection:
      return Mode::kDecidesJwts;
  }
  return Mode::kLeavesAll;
}

bool LocalValidation::decides(SecretView token) const noexcept {
  if (mode_ == Mode::kDecidesAll) return true;
  return mode_ == Mode::kDecidesJwts && looks_like_jwt(token) &&
         (revocations_ == nullptr || revocations_->are_known());
}

// Whether the token can be decided when what is being asked for comes: the key set, or the events.
bool LocalValidation::is_undecided(const Error& error) const {
  if (error.reason == Reason::kKeySetUnavailable) return !error.retry_after;
  return error.reason == Reason::kRevocationsUnknown && awaits_events();
}

bool LocalValidation::awaits_events() const {
  return revocations_ != nullptr && keys_last_ && revocations_->are_awaited();
}

std::optional<Result<Claims>> LocalValidation::judge(SecretView token) const {
  const bool decided_here = decides(token);
  if (!decided_here && (mode_ == Mode::kLeavesAll || !looks_like_jwt(token))) return std::nullopt;
  errno = 0;
  if (decided_here) {
    Result<Claims> judged = verify(token);
    if (judged || !is_undecided(judged.error())) {
      // OpenSSL and json-c also fail if they lack memory: that says nothing of the token.
      if (!judged && errno == ENOMEM) return Error{Reason::kInternal, "there is no memory"};
      return judged;
    }
    return std::nullopt;
  }
  Result<void> possible = disprove(token);
  if (possible || errno == ENOMEM) return std::nullopt;
  return Result<Claims>(std::move(possible).error());
}

Result<Claims> LocalValidation::verify(SecretView token) const {
  if (!looks_like_jwt(token)) return Reason::kOpaqueToken;
  const Result<jose::Jwt> jwt = jose::Jwt::parse(token.reveal());
  if (!jwt) return jwt.error();
  const Result<jose::SharedKey> key = keys_->find(jwt->key_id());
  if (!key) return key.error();
  const Result<std::string> payload = jwt->verify(**key);
  if (!payload) return payload.error();
  Result<Claims> claims = parse_jwt_claims(*payload, expected_, clock_.wall());
  if (!claims || revocations_ == nullptr) return claims;
  if (!revocations_->are_known()) return Error{Reason::kRevocationsUnknown, "", kAskAgain};
  if (auto good = revocations_->check(*claims); !good) return std::move(good).error();
  return claims;
}

// Checks the claims first: another issuer's token costs ZITADEL no question for its key.
Result<void> LocalValidation::disprove(SecretView token) const {
  if (const auto payload = jose::unverified_payload(token.reveal())) {
    const auto now = clock_.is_compared() ? std::optional(clock_.wall()) : std::nullopt;
    auto possible = disprove_jwt_claims(*payload, expected_, now);
    if (!possible) return possible;
  }
  const Result<jose::Jwt> jwt = jose::Jwt::parse(token.reveal());
  if (!jwt || !jwt->key_id()) return {};
  const Result<jose::SharedKey> key = keys_->find(jwt->key_id());
  if (!key) return {};
  const Result<std::string> verified = jwt->verify(**key);
  if (verified || verified.error().reason != Reason::kBadSignature) return {};
  return verified.error();
}

void LocalValidation::when_decidable(std::function<void()> done) const {
  keys_->when_asked(std::move(done));
}

void LocalValidation::warm_up() const {
  if (mode_ != Mode::kLeavesAll) keys_->warm_up();
}

bool LocalValidation::read_keys_again() const {
  return mode_ == Mode::kLeavesAll || keys_->read_again();
}

}  // namespace auth
