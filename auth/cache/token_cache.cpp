// SPDX-License-Identifier: Apache-2.0
#include "auth/cache/token_cache.h"

#include <algorithm>
#include <array>
#include <utility>

namespace auth {
namespace {

// Made-up tokens cost an attacker nothing: they get less room than real ones.
constexpr std::size_t kRefusalShare = 4;
// std::make_shared puts two counters and a table's address beside the claims.
constexpr std::size_t kClaimsBlock = 16 + sizeof(Claims);

std::size_t bytes_of(const Claims& claims) {
  return heap_bytes(kClaimsBlock) + heap_bytes(claims.owned_bytes() + 1);
}

std::array<std::size_t, 2> shares_of(std::size_t max_bytes) {
  const std::size_t of_refusals = max_bytes / kRefusalShare;
  return {max_bytes - of_refusals, of_refusals};
}

}  // namespace

TokenCache::TokenCache(Limits limits, const Clock& clock, Metrics& metrics)
    : ttl_(limits.ttl.count()),
      grace_(limits.grace.count()),
      clock_(clock),
      metrics_(metrics),
      entries_(shares_of(limits.max_bytes)) {}

void TokenCache::limit(Limits limits) {
  ttl_.store(limits.ttl.count(), std::memory_order_relaxed);
  grace_.store(limits.grace.count(), std::memory_order_relaxed);
  // While nothing is kept, a new refusal cannot end an answer from before: so none may stay.
  count(entries_.bound(shares_of(limits.ttl.count() == 0 ? 0 : limits.max_bytes)));
}

// Returns the end of the entry without its grace. An answer that is newer than the feed does not
// need it.
SteadyTime TokenCache::end_of(const Known& known, const Fed& fed) const {
  const SteadyTime end = std::min(known.serves_until, known.sent.steady + ttl());
  if (!fed || !known.word.claims) return end;
  return std::min(end, std::max(known.sent.steady, *fed) + kUnfedLife);
}

// Where the feed has fallen behind, a byte of the key spreads the questions.
bool TokenCache::is_refresh_due(const TokenKey& key, const Known& known, const Fed& fed,
                                SteadyTime now) {
  if (now < known.retry_at) return false;
  if (now >= known.refresh_at) return true;
  if (!fed || known.refresh_at == SteadyTime::max()) return false;
  if (known.sent.steady >= *fed) return now >= known.sent.steady + kUnfedLife * 2 / 3;
  constexpr SteadyTime::duration kSpread = kUnfedLife - 2 * kUnfedRefresh;
  return now >= *fed + kUnfedRefresh + kSpread * key.digest.front() / 255;
}

TokenCache::Found TokenCache::find(const TokenKey& key, Fed fed) {
  Found found;
  if (ttl().count() == 0) return found;
  const SteadyTime now = clock_.steady();
  entries_.find(key, [&](Known& known, Entries::Space space) {
    found.was_good = space == Entries::Space::kFirst;
    found.purges = known.word.purges;
    if (now >= std::max(end_of(known, fed), known.held_until)) {
      found.run_out = known.word.claims;
    } else if (!known.word.claims) {
      found.refusal = known.word.refusal;
    } else {
      found.claims = known.word.claims;
      found.sent = known.sent.steady;
      found.refresh_due = is_refresh_due(key, known, fed, now);
      if (found.refresh_due) known.retry_at = now + kRefreshRetry;
    }
  });
  return found;
}

TokenCache::Word TokenCache::learn(const TokenKey& key, Moment sent, Word word,
                                   std::optional<WallTime> wall) {
  if (ttl().count() == 0) return word;
  const Now now{clock_.steady(), wall.value_or(clock_.wall())};
  const Entries::Differences made = entries_.change(
      key, [&](const Known* known, Entries::Space space) -> std::optional<Entries::Entry> {
        if (known != nullptr && !gives_way(*known, sent, word)) {
          // A later answer that has run out since helps nobody; a refusal stays one.
          if (!known->word.claims ||
              now.steady < std::max(known->serves_until, known->held_until)) {
            word = known->word;
          }
          return std::nullopt;
        }
        const bool never_good =
            known == nullptr || (!known->word.claims && space == Entries::Space::kSecond);
        Entries::Entry entry = entry_of(word, sent, now);
        if (!word.claims && never_good) entry.space = Entries::Space::kSecond;
        return entry;
      });
  count(made);
  return word;
}

void TokenCache::count(const Entries::Differences& differences) {
  const auto& [answers, refusals] = differences;
  metrics_.move(Gauge::kAnswers, answers.entries);
  metrics_.move(Gauge::kAnswerBytes, answers.bytes);
  metrics_.add(Counter::kEvictedAnswers, answers.evicted);
  metrics_.move(Gauge::kRefusals, refusals.entries);
  metrics_.move(Gauge::kRefusalBytes, refusals.bytes);
  metrics_.add(Counter::kEvictedRefusals, refusals.evicted);
}

bool TokenCache::gives_way(const Known& known, Moment sent, const Word& word) {
  const bool is_same = known.sent.wall == sent.wall || known.sent.steady == sent.steady;
  return is_same ? !word.claims : known.sent.steady < sent.steady;
}

TokenCache::Entries::Entry TokenCache::entry_of(Word word, Moment sent, const Now& now) const {
  Entries::Entry entry;
  entry.value.sent = sent;
  if (word.claims) {
    entry.bytes = bytes_of(*word.claims);
    entry.value.serves_until = sent.steady + ttl();
    entry.value.refresh_at = refresh_of(*word.claims, sent.steady, now);
  } else {
    entry.value.serves_until = sent.steady + std::min(kRefusalLifetime, ttl());
  }
  entry.value.word = std::move(word);
  return entry;
}

// Returns when to refresh: for the last third of the lifetime, or the last kRefreshAhead of a long
// one. A token that expires before its answer does gains nothing from a refresh.
SteadyTime TokenCache::refresh_of(const Claims& claims, SteadyTime sent, const Now& now) const {
  // In seconds: a token without an end expires in the year 9999, which are too many nanoseconds.
  const auto left = std::chrono::floor<std::chrono::seconds>(sent + ttl() - now.steady);
  const bool outlives_answer = !claims.expiry() || *claims.expiry() - now.wall > left;
  const auto ahead = std::min<SteadyTime::duration>(ttl() / 3, kRefreshAhead);
  return outlives_answer ? sent + ttl() - ahead : SteadyTime::max();
}

void TokenCache::confirm(const TokenKey& key, SteadyTime sent, std::uint64_t purges) {
  entries_.find(key, [&](Known& known, Entries::Space) {
    if (known.sent.steady == sent) known.word.purges = std::max(known.word.purges, purges);
  });
}

TokenCache::Word TokenCache::hold(const TokenKey& key, Fed fed) {
  Word held;
  if (ttl().count() == 0) return held;
  const SteadyTime now = clock_.steady();
  entries_.find(key, [&](Known& known, Entries::Space) {
    const SteadyTime grace_until = end_of(known, fed) + grace();
    if (!known.word.claims || now >= grace_until) return;
    held = known.word;
    if (grace().count() == 0) return;
    known.held_until = std::min(grace_until, now + kOutageMemory);
    known.refresh_at = now;
    known.retry_at = now + kRefreshRetry;
  });
  return held;
}

}  // namespace auth
