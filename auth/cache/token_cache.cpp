#include "auth/cache/token_cache.h"

#include <algorithm>
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

}  // namespace

TokenCache::TokenCache(Limits limits, const Clock& clock)
    : limits_(limits),
      clock_(clock),
      entries_({limits.max_bytes - limits.max_bytes / kRefusalShare,
                limits.max_bytes / kRefusalShare}) {}

TokenCache::Found TokenCache::find(const TokenKey& key) {
  Found found;
  if (limits_.ttl.count() == 0) return found;
  const SteadyTime now = clock_.steady();
  entries_.find(key, [&](Known& known, Entries::Space space) {
    found.was_good = space == Entries::Space::kFirst;
    if (now >= known.serves_until) {
      found.run_out = known.word.claims;
    } else if (!known.word.claims) {
      found.refusal = known.word.refusal;
    } else {
      found.claims = known.word.claims;
      found.sent = known.sent.steady;
      found.refresh_due = now >= known.refresh_at;
      if (found.refresh_due) known.refresh_at = now + kRefreshRetry;
    }
  });
  return found;
}

TokenCache::Word TokenCache::learn(const TokenKey& key, Moment sent, Word word) {
  if (limits_.ttl.count() == 0) return word;
  const SteadyTime now = clock_.steady();
  entries_.change(
      key, [&](const Known* known, Entries::Space space) -> std::optional<Entries::Entry> {
        if (known != nullptr && !gives_way(*known, sent, word)) {
          // A later answer that has run out since helps nobody; a refusal stays one.
          if (!known->word.claims || now < known->serves_until) word = known->word;
          return std::nullopt;
        }
        const bool never_good =
            known == nullptr || (!known->word.claims && space == Entries::Space::kSecond);
        Entries::Entry entry = entry_of(word, sent, now);
        if (!word.claims && never_good) entry.space = Entries::Space::kSecond;
        return entry;
      });
  return word;
}

bool TokenCache::gives_way(const Known& known, Moment sent, const Word& word) {
  const bool is_same = known.sent.wall == sent.wall || known.sent.steady == sent.steady;
  return is_same ? !word.claims : known.sent.steady < sent.steady;
}

TokenCache::Entries::Entry TokenCache::entry_of(Word word, Moment sent, SteadyTime now) const {
  Entries::Entry entry;
  entry.value.sent = sent;
  if (word.claims) {
    entry.bytes = bytes_of(*word.claims);
    entry.value.serves_until = sent.steady + limits_.ttl;
    entry.value.refresh_at = refresh_of(*word.claims, sent.steady, now);
  } else {
    entry.value.serves_until = sent.steady + std::min(kRefusalLifetime, limits_.ttl);
  }
  entry.value.word = std::move(word);
  return entry;
}

// In the last third. A token that expires before its answer does has nothing to gain from it.
SteadyTime TokenCache::refresh_of(const Claims& claims, SteadyTime sent, SteadyTime now) const {
  const auto left = sent + limits_.ttl - now;
  const bool outlives_answer = !claims.expiry() || *claims.expiry() - clock_.wall() > left;
  return outlives_answer ? sent + limits_.ttl * 2 / 3 : SteadyTime::max();
}

std::shared_ptr<const Claims> TokenCache::hold(const TokenKey& key) {
  std::shared_ptr<const Claims> held;
  if (limits_.ttl.count() == 0) return held;
  const SteadyTime now = clock_.steady();
  entries_.find(key, [&](Known& known, Entries::Space) {
    const SteadyTime grace_until = known.sent.steady + limits_.ttl + limits_.grace;
    if (!known.word.claims || now >= grace_until) return;
    held = known.word.claims;
    if (limits_.grace.count() == 0) return;
    known.serves_until = std::min(grace_until, std::max(known.serves_until, now + kOutageMemory));
    known.refresh_at = now + kRefreshRetry;
  });
  return held;
}

}  // namespace auth
