// SPDX-License-Identifier: Apache-2.0
// TokenCache: remembers what ZITADEL has said of tokens recently.
//
// Each entry has the moment at which its question was sent, and its lifetime counts from there. It
// is replaced only by an entry whose question was sent later, so a late answer undoes no newer one;
// of two sent at the same time the refusal counts. By the time of the wall clock, an answer that
// comes once more, out of a store, is distinguished from a newer one, however that clock was set
// meanwhile. A refusal of a token that was good before stays in the space of the answers when it is
// no longer repeated (a tombstone), because an older answer may still arrive or lie in the shared
// store. Refusals of other tokens have a space of their own, so that a flood of made-up tokens
// pushes out nothing else. A token's own expiry is not checked here.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/result.h"
#include "auth/cache/sharded_lru.h"
#include "auth/cache/token_key.h"
#include "auth/token/claims.h"

namespace auth {

// Maximum time to repeat a refusal: ZITADEL answers "inactive" for its own failures too.
constexpr std::chrono::seconds kRefusalLifetime{5};
// Maximum time before the end of an answer in use at which it is asked about again.
constexpr std::chrono::seconds kRefreshAhead{30};
// Minimum interval between questions about one token while ZITADEL cannot be reached.
constexpr std::chrono::seconds kRefreshRetry{1};
// Maximum time after the last failed attempt to serve a run-out answer without asking first: later
// than that ZITADEL may be back, and the token revoked.
constexpr std::chrono::seconds kOutageMemory{10};
// With a feed of events (auth/events/): maximum time to use an answer after the last moment up to
// which the feed was complete. From kUnfedRefresh on, it is asked about again in the background,
// spread over the time that is left.
constexpr std::chrono::seconds kUnfedLife{30};
constexpr std::chrono::seconds kUnfedRefresh{5};

// Thread-safe.
class TokenCache {
 public:
  struct Limits {
    std::size_t max_bytes;       // in all; refusals of tokens that never were good take a quarter
    std::chrono::seconds ttl;    // lifetime of an answer; 0: nothing is kept
    std::chrono::seconds grace;  // how much longer it may serve while ZITADEL cannot be reached
  };

  TokenCache(Limits limits, const Clock& clock, Metrics& metrics = Metrics::unread());

  // Sets the limits from now on, also for known answers; but no answer lives longer than it was
  // meant to when it came.
  void limit(Limits limits);

  struct Found {
    std::shared_ptr<const Claims> claims{};  // null: not known, or run out
    std::optional<Reason> refusal{};
    std::shared_ptr<const Claims> run_out{};  // the last answer, if it no longer counts
    SteadyTime sent{};                        // when ZITADEL was asked for the claims
    std::uint64_t purges = 0;                 // see Word
    bool was_good = false;  // ZITADEL has called the token active, whatever it says of it now
    // The answer nears its end and is in use: ask again in the background. Set for one caller a
    // second.
    bool refresh_due = false;
  };
  // fed: the time up to which everything that has ended tokens is known; nullopt if there is no
  // feed: then the lifetime alone counts.
  using Fed = std::optional<SteadyTime>;
  [[nodiscard]] Found find(const TokenKey& key, Fed fed = std::nullopt);

  // The verdict of ZITADEL about a token: claims, or the reason of the refusal.
  struct Word {
    std::shared_ptr<const Claims> claims{};
    Reason refusal = Reason::kInactive;  // if there are no claims
    std::uint64_t purges = 0;            // Purges::generation when the question was sent
  };
  // Takes ZITADEL's word in answer to a question that was sent then. Returns what counts now: this
  // word, or another whose question was sent later. wall: the time by which the token's expiry is
  // checked, if that comes from another clock.
  Word learn(const TokenKey& key, Moment sent, Word word,
             std::optional<WallTime> wall = std::nullopt);

  // Records that no purge up to that generation has ended the answer to the question that was sent
  // then.
  void confirm(const TokenKey& key, SteadyTime sent, std::uint64_t purges);

  // For when ZITADEL cannot be reached. Returns the last good answer, if it ran out no longer than
  // the grace ago; else null. Until its grace or kOutageMemory ends, find gives it too, and asks
  // for a refresh every kRefreshRetry.
  [[nodiscard]] Word hold(const TokenKey& key, Fed fed = std::nullopt);

 private:
  struct Known {
    Word word;
    Moment sent;
    SteadyTime serves_until;
    SteadyTime held_until{};  // in its grace
    SteadyTime refresh_at;
    SteadyTime retry_at{};
  };
  using Entries = ShardedLru<Known>;

  void count(const Entries::Differences& differences);
  [[nodiscard]] std::chrono::seconds ttl() const noexcept {
    return std::chrono::seconds(ttl_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] std::chrono::seconds grace() const noexcept {
    return std::chrono::seconds(grace_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] SteadyTime end_of(const Known& known, const Fed& fed) const;
  [[nodiscard]] static bool is_refresh_due(const TokenKey& key, const Known& known, const Fed& fed,
                                           SteadyTime now);
  [[nodiscard]] static bool gives_way(const Known& known, Moment sent, const Word& word);
  struct Now {
    SteadyTime steady;
    WallTime wall;
  };
  [[nodiscard]] Entries::Entry entry_of(Word word, Moment sent, const Now& now) const;
  [[nodiscard]] SteadyTime refresh_of(const Claims& claims, SteadyTime sent, const Now& now) const;

  std::atomic<std::chrono::seconds::rep> ttl_;
  std::atomic<std::chrono::seconds::rep> grace_;
  const Clock& clock_;
  Metrics& metrics_;
  Entries entries_;
};

}  // namespace auth
