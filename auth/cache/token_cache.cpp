#include "auth/cache/token_cache.h"

#include <algorithm>
#include <utility>

namespace auth {
namespace {

// Made-up tokens cost an attacker nothing: they get less room than real ones.
constexpr std::size_t kRefusalShare = 4;

}  // namespace

TokenCache::TokenCache(Limits limits, const Clock& clock)
    : limits_(limits),
      clock_(clock),
      answers_(limits.max_tokens),
      refusals_(limits.max_tokens / kRefusalShare) {}

TokenCache::Found TokenCache::find(const TokenKey& key) {
  Found found;
  if (limits_.ttl.count() == 0) return found;
  const SteadyTime now = clock_.steady();
  answers_.find(key, [&](Answer& answer) {
    if (now >= answer.fresh_until) return;
    found.claims = answer.claims;
    found.refresh_due = now >= answer.refresh_at;
    if (found.refresh_due) answer.refresh_at = now + kRefreshRetry;
  });
  if (found.claims) return found;
  refusals_.find(key, [&](const Refusal& refusal) {
    if (now < refusal.until) found.refusal = refusal.reason;
  });
  return found;
}

void TokenCache::store(const TokenKey& key, std::shared_ptr<const Claims> claims) {
  if (limits_.ttl.count() == 0) return;
  answers_.store(key, answer_of(std::move(claims), clock_.steady()));
  refusals_.erase(key);
}

bool TokenCache::adopt(const TokenKey& key, std::shared_ptr<const Claims> claims,
                       std::chrono::milliseconds age) {
  if (limits_.ttl.count() == 0) return false;
  Answer answer = answer_of(std::move(claims), clock_.steady() - age);
  bool known = false;
  answers_.find(key, [&](const Answer& own) { known = own.grace_until >= answer.grace_until; });
  if (known) return false;
  answers_.store(key, std::move(answer));
  refusals_.erase(key);
  return true;
}

void TokenCache::refuse(const TokenKey& key, Reason reason, std::chrono::milliseconds age) {
  if (limits_.ttl.count() == 0) return;
  answers_.erase(key);
  refusals_.store(key, {reason, clock_.steady() - age + std::min(kRefusalLifetime, limits_.ttl)});
}

std::shared_ptr<const Claims> TokenCache::hold(const TokenKey& key) {
  std::shared_ptr<const Claims> held;
  if (limits_.ttl.count() == 0) return held;
  const SteadyTime now = clock_.steady();
  answers_.find(key, [&](Answer& answer) {
    if (now >= answer.grace_until) return;
    held = answer.claims;
    if (limits_.grace.count() == 0) return;
    answer.fresh_until =
        std::min(answer.grace_until, std::max(answer.fresh_until, now + kOutageMemory));
    answer.refresh_at = now + kRefreshRetry;
  });
  return held;
}

TokenCache::Answer TokenCache::answer_of(std::shared_ptr<const Claims> claims,
                                         SteadyTime learned) const {
  Answer answer;
  answer.fresh_until = learned + limits_.ttl;
  answer.grace_until = answer.fresh_until + limits_.grace;
  // In the last third. A token that expires before its answer does has nothing to gain from it.
  const bool outlives_answer = !claims->expiry() || *claims->expiry() > clock_.wall() + limits_.ttl;
  answer.refresh_at = outlives_answer ? learned + limits_.ttl * 2 / 3 : SteadyTime::max();
  answer.claims = std::move(claims);
  return answer;
}

}  // namespace auth
