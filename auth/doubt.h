// SPDX-License-Identifier: Apache-2.0
// Doubt: decides whether to believe ZITADEL when it calls a token inactive that was good before.
//
// A ZITADEL that fails inside calls every token inactive, with status 200. If the guard believed
// it, all callers would throw good tokens away. So ZITADEL is also asked about another token that
// was active lately, a witness. If the witness is still active, the first token was revoked. If the
// witness is inactive too, and a third token, ZITADEL is failing until it calls a token active
// again. This lets nobody in: it decides only whether the answer to a caller is that the token is
// bad, or to try again.
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

// Maximum number of witnesses kept, each of another user.
constexpr std::size_t kMaxWitnesses = 8;
// A token that was active longer ago is no witness: it may have been revoked since.
constexpr std::chrono::minutes kWitnessMemory{5};
// Minimum interval between two questions about one witness.
constexpr std::chrono::seconds kWitnessPause{1};
// Number of users whose good tokens must have become inactive for ZITADEL to count as failing.
constexpr std::size_t kInactiveOfFailing = 3;

// Thread-safe.
class Doubt {
 public:
  // memory: how long ago a witness may have been active.
  Doubt(const Clock& clock, std::chrono::seconds memory)
      : clock_(clock), log_(kFailureLogInterval, clock), memory_(memory) {}

  enum class Verdict {
    kRevoked,    // nothing shows otherwise
    kConfirmed,  // revoked: ZITADEL has called another token active meanwhile
    kFailing,    // ZITADEL is failing inside
  };
  // Called once and without a lock, perhaps before the function that takes it returns.
  using Judged = std::function<void(Verdict)>;

  // A token that has to be asked about at ZITADEL and nowhere else.
  struct Witness {
    TokenKey key;
    Secret token;
    std::shared_ptr<const Claims> claims;
  };

  // Reports that ZITADEL calls this token active, in answer to a question sent at that time.
  void active(const TokenKey& key, SecretView token, const std::shared_ptr<const Claims>& claims,
              SteadyTime sent);
  // Reports that ZITADEL calls this token inactive, which was good before and has not expired.
  // Returns the witness to ask about now, if any; its question ends with active, inactive or
  // unanswered.
  [[nodiscard]] std::optional<Witness> inactive(const TokenKey& key, std::string_view subject,
                                                SteadyTime sent, Judged judged);
  // Reports that a question about this token has ended without such an answer.
  void unanswered(const TokenKey& key);

  [[nodiscard]] bool is_failing();

 private:
  struct Seen {
    Witness witness;
    SteadyTime active;  // when the question was sent that ZITADEL answered so
    SteadyTime asked;   // when it was asked about last
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

// Takes the first verdict: the doubt's, or that of a caller that waits no longer. Thread-safe.
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
