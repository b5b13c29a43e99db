// SPDX-License-Identifier: Apache-2.0
// Questions: asks others about tokens, and learns what they say.
//
// A question goes through these stages. The letter names the thread on which a stage ends:
//   ask          R   takes the waiter, and begins a question if none is open about the token
//   look_around  W   asks the shared store what other processes have learned
//   line_up      W   asks the breaker for permission, and waits for its turn (auth/turns.h)
//   send         W   asks ZITADEL; the HTTP client's deadline counts from here (auth/turns.h)
//   take         W   reads the answer, and doubts it if necessary (auth/doubt.h)
//   learn        W   keeps the word, and writes it to the shared store
//   land         W   calls all waiters
// R: a request thread, W: a worker. The I/O thread and the one of the shared store only hand
// answers over to a worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "auth/base/clock.h"
#include "auth/base/failure_log.h"
#include "auth/base/metrics.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/base/worker_pool.h"
#include "auth/cache/token_key.h"
#include "auth/doubt.h"
#include "auth/known_tokens.h"
#include "auth/local_validation.h"
#include "auth/refusal_log.h"
#include "auth/store/shared_cache.h"
#include "auth/turns.h"
#include "auth/waiting_room.h"
#include "auth/zitadel/introspection.h"

namespace auth {

// Time after which callers may try again while ZITADEL is failing inside.
constexpr std::chrono::seconds kFailingRetry{5};
// Interval at which it is checked whether the events have come that report which JWTs have ended.
constexpr std::chrono::milliseconds kEventsPause{20};
// Maximum number of times that a question is asked again because a purge that fits its answer came
// while it was under way.
constexpr unsigned kMaxAskedAgain = 3;

// Thread-safe. All arguments of the constructor must outlive it; nothing may be under way when it
// is destroyed. Stop the shared cache before: it calls back.
class Questions {
 public:
  struct Limits {
    std::size_t in_flight;  // questions to ZITADEL at once
    std::size_t parked;     // requests that wait
    std::chrono::milliseconds timeout;
    std::chrono::seconds ttl;
    bool refresh_ahead;        // a later request may need it
    bool grace_while_failing;  // the grace counts also while ZITADEL fails inside
  };
  struct Parts {
    KnownTokens& known;
    const LocalValidation& local;
    Introspection& introspection;
    HttpClient& http;  // its capacity limits the questions under way
    SharedCache* shared;
    Workers& workers;
    const Purges* purges;  // null: no events report what has ended tokens
    FailureLog& failures;
    const Clock& clock;
    Metrics& metrics = Metrics::unread();
  };
  Questions(Limits limits, Parts parts);

  // Identifies a waiter, to cancel it. Empty if it was called already.
  struct Ticket {
    std::weak_ptr<Question> question{};
    std::uint64_t id = 0;
  };
  // R. Calls the waiter once: before returning if it may not wait, else later on a worker.
  Ticket ask(const TokenKey& key, SecretView token, const SharedClaims& good, Waiter waiter);
  // R. Asks in the background about an answer that nears its end.
  void refresh(const TokenKey& key, SecretView token, const SharedClaims& good);
  // R. Returns true if the waiter will never be called.
  bool cancel(const Ticket& ticket);
  // Calls all waiters with kShuttingDown, and takes no more.
  void stop();

 private:
  using Open = WaitingRoom::Open;
  using Word = KnownTokens::Word;

  // R or W
  void begin(const Open& question);
  void await_keys(const Open& question, SteadyTime deadline);
  // W
  void judge_again(const Open& question, SteadyTime deadline);
  void look_around(const Open& question);
  void on_worker(Workers::Task task);
  void take_from_others(const Open& question, const SharedEntry& entry);
  void take(const Open& question, Result<Claims> answer);
  void take_claims(const Open& question, const SharedClaims& claims);
  void take_refusal(const Open& question, const Error& error);
  void doubt(const Open& question, Moment sent);
  [[nodiscard]] std::chrono::milliseconds time_left(const Question& question) const;
  void judged(const Open& question, Moment sent, Doubt::Verdict verdict);
  void learn(const Open& question, Moment sent, const Word& word, bool confirmed = false);
  [[nodiscard]] Word learn_from_others(const Question& question, const SharedEntry& entry);
  void fail(const Open& question, const Error& error);
  void land(const Open& question, const Word& word, SteadyTime sent);
  void land(const Open& question, const Result<SharedClaims>& outcome);
  void call(WaitingRoom::Waiters waiters, const Result<SharedClaims>& outcome);
  [[nodiscard]] Moment moment_of(const SharedEntry& entry) const;
  [[nodiscard]] Word word_of(const SharedEntry& entry) const;
  [[nodiscard]] bool is_doubtful(const Question& question, Reason reason);

  const Limits limits_;
  const Parts parts_;
  WaitingRoom room_;
  Turns turns_;
  RefusalLog refusals_;
  Doubt doubt_;
};

}  // namespace auth
