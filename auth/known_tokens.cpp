// SPDX-License-Identifier: Apache-2.0
#include "auth/known_tokens.h"

#include <algorithm>
#include <chrono>

namespace auth {
namespace {

bool has_expired(const Claims& claims, WallTime now) {
  return claims.expiry() && *claims.expiry() <= now;
}

Counter what_was_found(const KnownTokens::Known& known, bool was_known) {
  if (was_known) return *known.answer ? Counter::kFound : Counter::kFoundRefused;
  if (known.answer) return Counter::kJudgedHere;
  return known.run_out ? Counter::kFoundRunOut : Counter::kFoundNothing;
}

}  // namespace

KnownTokens::Known KnownTokens::find(const TokenKey& key, SecretView token) {
  Known known = recall(key, token);
  const bool was_known = known.answer.has_value();
  if (!was_known) known.answer = judge(key, token);
  metrics_.add(what_was_found(known, was_known));
  return known;
}

TokenCache::Fed KnownTokens::fed() const {
  return purges_ == nullptr ? std::nullopt : TokenCache::Fed(purges_->fed());
}

// Each purge is checked once for each token.
bool KnownTokens::has_ended(const TokenKey& key, const TokenCache::Found& found) {
  if (purges_ == nullptr) return false;
  const std::uint64_t generation = purges_->generation();
  if (found.purges == generation) return false;
  if (purges_->ended(*found.claims, found.purges)) return true;
  cache_.confirm(key, found.sent, generation);
  return false;
}

// Does this once for each purge, and more than once only if several threads do it at a time.
void KnownTokens::look_at_keys() {
  if (purges_ == nullptr) return;
  const std::uint64_t generation = purges_->generation();
  if (keys_looked_at_.load(std::memory_order_relaxed) == generation) return;
  const std::uint64_t changed = purges_->last_of(Ends::kKeys);
  if (changed != keys_changed_.load(std::memory_order_relaxed)) {
    if (!local_.read_keys_again()) return;
    keys_changed_.store(changed, std::memory_order_relaxed);
  }
  keys_looked_at_.store(generation, std::memory_order_relaxed);
}

KnownTokens::Known KnownTokens::recall(const TokenKey& key, SecretView token) {
  look_at_keys();
  TokenCache::Found found = cache_.find(key, fed());
  Known known;
  known.run_out = std::move(found.run_out);
  known.was_good = found.was_good;
  // Checking a token again takes no time.
  const bool decided_here = local_.decides(token);
  if (decided_here && local_.is_outdated(found.sent)) return known;
  known.refresh_due = found.refresh_due && !decided_here;
  if (found.refusal) known.answer = Result<SharedClaims>(*found.refusal);
  if (!found.claims) return known;
  if (has_ended(key, found)) {
    known.refresh_due = false;
    known.run_out = std::move(found.claims);
    return known;
  }
  const WallTime now = clock_.wall();
  if (!has_expired(*found.claims, now)) {
    known.answer = Result<SharedClaims>(std::move(found.claims));
  } else if (decided_here ||
             (clock_.is_compared() && has_expired(*found.claims, now - kClockSkew))) {
    known.answer = Result<SharedClaims>(Reason::kExpired);
  } else {
    known.run_out = std::move(found.claims);
  }
  return known;
}

// Returns the time for which a check counts: what has ended the token is known only up to when the
// events were complete.
Moment KnownTokens::judged_at() const {
  Moment at = clock_.now();
  if (purges_ == nullptr) return at;
  const auto behind = std::max(at.steady - purges_->fed(), SteadyTime::duration(0));
  at.steady -= behind;
  at.wall -= std::chrono::ceil<std::chrono::microseconds>(behind);
  return at;
}

// Claims go into the cache, and are checked again when they run out: so a key that ZITADEL has
// deleted opens nothing longer than that. Refusals do not: they cost little to repeat, and invented
// tokens would push out those that ZITADEL was asked about.
std::optional<Result<SharedClaims>> KnownTokens::judge(const TokenKey& key, SecretView token) {
  const std::uint64_t purges = purges_ == nullptr ? 0 : purges_->generation();
  const Moment at = judged_at();  // before the key is found: it may be deleted meanwhile
  std::optional<Result<Claims>> judged = local_.judge(token);
  if (!judged) return std::nullopt;
  if (!*judged) {
    refusals_.add(judged->error(), token);
    return Result<SharedClaims>(std::move(*judged).error());
  }
  auto claims = std::make_shared<const Claims>(**std::move(judged));
  if (local_.decides(token)) {
    cache_.learn(key, at, {.claims = claims, .purges = purges}, clock_.wall());
  }
  return Result<SharedClaims>(std::move(claims));
}

std::optional<Result<SharedClaims>> KnownTokens::hold(const TokenKey& key) {
  Word held = cache_.hold(key, fed());
  if (!held.claims) return std::nullopt;
  if (purges_ != nullptr && purges_->ended(*held.claims, held.purges)) return std::nullopt;
  if (has_expired(*held.claims, clock_.wall())) return Result<SharedClaims>(Reason::kExpired);
  return Result<SharedClaims>(std::move(held.claims));
}

}  // namespace auth
