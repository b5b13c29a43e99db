// TokenCache: what this process has learned of tokens lately.
//
// Answers and refusals live in separate spaces, so that a flood of made-up tokens cannot push out
// real ones. Says nothing of a token's own expiry: the validator looks at that on every use.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/cache/sharded_lru.h"
#include "auth/cache/token_key.h"
#include "auth/token/claims.h"

namespace auth {

// A refusal is kept this long at most: ZITADEL answers "inactive" for its own failures too.
constexpr std::chrono::seconds kRefusalLifetime{5};
// While ZITADEL cannot be reached, it is asked about one token no more often than this.
constexpr std::chrono::seconds kRefreshRetry{1};
// A run-out answer is served without asking first only this long after the last failed attempt:
// later than that ZITADEL may be back, and the token revoked.
constexpr std::chrono::seconds kOutageMemory{10};

// Thread-safe.
class TokenCache {
 public:
  struct Limits {
    std::size_t max_tokens;
    std::chrono::seconds ttl;    // lifetime of an answer; 0: nothing is kept
    std::chrono::seconds grace;  // how much longer it may serve while ZITADEL cannot be reached
  };

  TokenCache(Limits limits, const Clock& clock);

  struct Found {
    std::shared_ptr<const Claims> claims{};  // null: not known, or run out
    std::optional<Reason> refusal{};
    // The answer nears its end and is in use: ask again in the background. Said to one caller a
    // second.
    bool refresh_due = false;
  };
  [[nodiscard]] Found find(const TokenKey& key);

  // ZITADEL's answer.
  void store(const TokenKey& key, std::shared_ptr<const Claims> claims);
  // ZITADEL's answer, learned elsewhere `age` ago. False where this process's own is no older.
  [[nodiscard]] bool adopt(const TokenKey& key, std::shared_ptr<const Claims> claims,
                           std::chrono::milliseconds age);
  // ZITADEL's refusal, learned `age` ago. Takes effect at once, also for a token that was good
  // until now.
  void refuse(const TokenKey& key, Reason reason, std::chrono::milliseconds age = {});
  // ZITADEL cannot be reached: the last good answer, run out no longer than the grace ago, or null.
  // Until its grace or kOutageMemory ends, find gives it too, and asks for a refresh every
  // kRefreshRetry.
  [[nodiscard]] std::shared_ptr<const Claims> hold(const TokenKey& key);

 private:
  struct Answer {
    std::shared_ptr<const Claims> claims;
    SteadyTime refresh_at;
    SteadyTime fresh_until;
    SteadyTime grace_until;
  };
  struct Refusal {
    Reason reason;
    SteadyTime until;
  };

  [[nodiscard]] Answer answer_of(std::shared_ptr<const Claims> claims, SteadyTime learned) const;

  const Limits limits_;
  const Clock& clock_;
  ShardedLru<Answer> answers_;
  ShardedLru<Refusal> refusals_;
};

}  // namespace auth
