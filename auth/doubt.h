// SPDX-License-Identifier: Apache-2.0
// Doubt: whether ZITADEL is believed when it calls a token inactive that was good before.
//
// A ZITADEL that fails inside calls every token inactive, with status 200. A guard that believed it
// would have all callers throw good tokens away. So another token that was active lately, a
// witness, is asked about as well. Still active: the first token was revoked. Inactive too, and a
// third one: ZITADEL is failing, until it calls a token active again. Nobody is let in by this: it
// decides only whether a caller is told that the token is bad, or to try again.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/failure_log.h"
#include "auth/base/mutex.h"
#include "auth/base/secret.h"
#include "auth/cache/token_key.h"
#include "auth/token/claims.h"

namespace auth {

// Tokens that are kept for this, each of another user.
constexpr std::size_t kMaxWitnesses = 8;
// A token that was active longer ago is no witness: it may have been revoked since.
constexpr std::chrono::minutes kWitnessMemory{5};
// Nor is one that was asked about this short a time ago.
constexpr std::chrono::seconds kWitnessPause{1};
// Tokens of so many users that were good and are inactive now make a failing ZITADEL.
constexpr std::size_t kInactiveOfFailing = 3;

// Thread-safe.
class Doubt {
 public:
  // memory: how long ago a witness may have been active.
  Doubt(const Clock& clock, std::chrono::seconds memory)
      : clock_(clock), log_(kFailureLogInterval, clock), memory_(memory) {}

  enum class Verdict {
    kRevoked,    // nobody can tell otherwise
    kConfirmed,  // revoked: ZITADEL has called another token active meanwhile
    kFailing,    // ZITADEL is failing inside
  };
  // Called once and without a lock, perhaps before the operation returns that it was given to.
  using Judged = std::function<void(Verdict)>;

  // A token to be asked about, at ZITADEL and nowhere else.
  struct Witness {
    TokenKey key;
    Secret token;
    std::shared_ptr<const Claims> claims;
  };

  // ZITADEL calls this token active, in answer to a question that was sent then.
  void active(const TokenKey& key, SecretView token, const std::shared_ptr<const Claims>& claims,
              SteadyTime sent);
  // ZITADEL calls this token inactive, which was good before and has not expired. Returns the
  // witness that is to be asked now, if any; its question ends with active, inactive or unanswered.
  [[nodiscard]] std::optional<Witness> inactive(const TokenKey& key, std::string_view subject,
                                                SteadyTime sent, Judged judged);
  // A question about this token has ended without either.
  void unanswered(const TokenKey& key);

  [[nodiscard]] bool is_failing();

 private:
  struct Seen {
    Witness witness;
    SteadyTime active;  // ZITADEL said so of a question that was sent then
    SteadyTime asked;   // about it last
  };
  struct Doubted {
    std::string subject;
    Judged judged;
  };
  using Doubts = std::vector<Doubted>;
  struct Pending {
    SteadyTime since;  // when the question about the first doubted token was sent
    std::optional<TokenKey> witness{};
    Doubts doubts{};
  };

  static std::size_t users_of(const Doubts& doubts);
  static void judge(const Doubts& doubts, Verdict verdict);
  void conclude(const Doubts& doubts);
  [[nodiscard]] std::optional<Witness> take_witness() REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool may_be_witness(const Seen& seen, SteadyTime now) const REQUIRES_LOCK(mutex_);
  void remember(Seen seen) REQUIRES_LOCK(mutex_);

  const Clock& clock_;
  QuietLog log_;
  const std::chrono::seconds memory_;
  Mutex mutex_;
  std::vector<Seen> seen_ GUARDED_BY(mutex_);
  std::optional<Pending> pending_ GUARDED_BY(mutex_);
  std::optional<SteadyTime> failing_since_ GUARDED_BY(mutex_);
};

// Takes the first verdict, of the doubt's or of whoever waits for it no longer. Thread-safe.
class FirstVerdict {
 public:
  explicit FirstVerdict(Doubt::Judged judged) : judged_(std::move(judged)) {}

  void give(Doubt::Verdict verdict);
  [[nodiscard]] bool is_given();

 private:
  Mutex mutex_;
  Doubt::Judged judged_ GUARDED_BY(mutex_);
};

}  // namespace auth
