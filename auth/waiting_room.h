// SPDX-License-Identifier: Apache-2.0
// WaitingRoom: the open questions about tokens, and the requests that wait for their answers.
//
// All requests with one token share one question (single flight). A question is open from the first
// request until it has landed: then all waiters are called, and the next request begins a new one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/admission.h"
#include "auth/base/clock.h"
#include "auth/base/log_request.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/cache/token_key.h"
#include "auth/events/purges.h"
#include "auth/token/claims.h"
#include "auth/token/requirement.h"

namespace auth {

// Time after which a caller may come again if its question was not asked in time, or it asked too
// much.
constexpr std::chrono::seconds kComeAgain{1};

// A request that waits.
struct Waiter {
  const Requirement* requirement;
  std::function<void(Result<std::shared_ptr<const Claims>>)> done;
  Asker asker{};
  SteadyTime arrived{};
  std::uint64_t id = 0;
};

// A question about one token.
class Question final : public Admission::Turn, public std::enable_shared_from_this<Question> {
 public:
  enum class Purpose : std::uint8_t {
    kCaller,   // dropped if nobody waits for it any more before it is sent
    kRefresh,  // in the background, before an answer in use runs out
    kWitness,  // see auth/doubt.h
  };

  Question(const TokenKey& about, SecretView text, Asker asker, Purpose why,
           std::shared_ptr<const Claims> last_good, SteadyTime first_came)
      : Turn(asker),
        key(about),
        token(text),
        purpose(why),
        begun(first_came),
        good(std::move(last_good)) {}

  const TokenKey key;
  const Secret token;
  const Purpose purpose;
  const SteadyTime begun;                             // no caller has waited longer
  const std::string asked_by{LogRequest::current()};  // the request that came first; for the log

  // Used by the thread that moves the question forward at this moment.
  std::shared_ptr<const Claims> good;  // the last good answer; null: the token is a new one
  Moment sent{};
  Purges::Known purges{};    // the purges known when it was sent
  unsigned asked_again = 0;  // because a purge came meanwhile

 private:
  friend class WaitingRoom;
  // Used by the room, under its lock.
  std::vector<Waiter> waiters_{};
  bool is_wanted_ = false;  // even if nobody waits
};

// Thread-safe. Calls no callbacks.
class WaitingRoom {
 public:
  using Open = std::shared_ptr<Question>;
  using Waiters = std::vector<Waiter>;

  struct Limits {
    std::size_t waiters;
    std::size_t background;  // questions that nobody waits for
  };
  explicit WaitingRoom(Limits limits, Metrics& metrics = Metrics::unread())
      : limits_(limits), metrics_(metrics), admission_(limits.waiters) {}

  struct Joined {
    Open question{};     // null: refused
    bool leads = false;  // the first waiter: the question has to be asked, and to land in the end
    std::uint64_t id = 0;
    Reason refused = Reason::kTooManyWaiting;  // or kTooManyFromClient, kShuttingDown
    Waiters gives_way{};                       // the waiter that lost its place, and waits no more
  };
  // Takes the waiter, unless it is refused. Another one may have to give its place up.
  [[nodiscard]] Joined join(const TokenKey& key, SecretView token,
                            const std::shared_ptr<const Claims>& good, Waiter& waiter);
  // Begins a question that nobody waits for. Returns null if there are too many refreshes, or if a
  // question about this token is open. An open question about a witness is no longer dropped when
  // its callers leave.
  [[nodiscard]] Open begin(const TokenKey& key, SecretView token, Question::Purpose purpose,
                           const std::shared_ptr<const Claims>& good, SteadyTime now);

  // Removes and returns one waiter. nullopt if it was called already, or is being called.
  [[nodiscard]] std::optional<Waiter> cancel(Question& question, std::uint64_t id);

  // Returns for whom the question is asked: a request that joins may be the first with an address.
  [[nodiscard]] Asker asker_of(const Question& question);

  // Lets the question wait for its turn. Returns false, and forgets it, if nobody wants it or it
  // has landed.
  [[nodiscard]] bool line_up(Question& question, SteadyTime now);
  // Returns the question to be sent now. At most slots are under way then. Null if there is none.
  [[nodiscard]] Open next(std::size_t slots);
  // Returns a question that has waited for its turn since then or longer, and ends its waiting.
  // Null if there is none.
  [[nodiscard]] Open waiting_since(SteadyTime then);
  // Reports that the question is no longer under way: another may be sent.
  void answered(Question& question);

  // Ends the question, and returns all its waiters.
  [[nodiscard]] Waiters land(Question& question);
  // Does the same, but waiters that arrived later go on waiting, for a new question, which is put
  // into again.
  [[nodiscard]] Waiters land_until(Question& question, SteadyTime arrived, Open& again);

  // Returns all waiters, and takes no more.
  [[nodiscard]] Waiters stop();

 private:
  [[nodiscard]] bool is_open(const Question& question) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool is_wanted(const Question& question) const REQUIRES_LOCK(mutex_);
  void forget(Question& question) REQUIRES_LOCK(mutex_);
  [[nodiscard]] Joined take_in(const TokenKey& key, SecretView token,
                               const std::shared_ptr<const Claims>& good, Waiter& waiter)
      REQUIRES_LOCK(mutex_);
  [[nodiscard]] std::optional<Waiter> take_out(Question& question, std::uint64_t id)
      REQUIRES_LOCK(mutex_);
  void free_places(const Waiters& waiters) REQUIRES_LOCK(mutex_);
  void free_place(const Waiter& waiter) REQUIRES_LOCK(mutex_);
  [[nodiscard]] static Open shared(Admission::Turn* turn);

  // Counts the requests and questions that wait. Called last under the lock.
  void count() const REQUIRES_LOCK(mutex_);
  const Limits limits_;
  Metrics& metrics_;
  Mutex mutex_;
  Admission admission_ GUARDED_BY(mutex_);
  std::unordered_map<TokenKey, Open, TokenKeyHash> open_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, Question*> places_ GUARDED_BY(mutex_);  // by waiter's id
  std::size_t background_ GUARDED_BY(mutex_) = 0;
  std::uint64_t last_id_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace auth
