// SPDX-License-Identifier: Apache-2.0
#include "auth/questions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "auth/base/log_request.h"

namespace auth {
namespace {

Result<SharedClaims> outcome_of(const KnownTokens::Word& word) {
  if (word.claims) return word.claims;
  return word.refusal;
}

}  // namespace

Questions::Questions(Limits limits, Parts parts)
    : limits_(limits),
      parts_(parts),
      room_({limits.parked, limits.in_flight}, parts.metrics),
      turns_({limits.in_flight, limits.timeout},
             {room_, parts.introspection, parts.http, parts.purges, parts.clock, parts.metrics},
             {[this](const Open& question, Result<Claims> answer) {
                take(question, std::move(answer));
              },
              [this](const Open& question, const Error& error) { fail(question, error); }}),
      refusals_(parts.clock),
      doubt_(parts.clock, std::max<std::chrono::seconds>(kWitnessMemory, 2 * limits.ttl)) {}

Questions::Ticket Questions::ask(const TokenKey& key, SecretView token, const SharedClaims& good,
                                 Waiter waiter) {
  waiter.arrived = parts_.clock.steady();
  WaitingRoom::Joined joined = room_.join(key, token, good, waiter);
  if (!joined.question) {
    const bool parked = joined.refused == Reason::kTooManyWaiting;
    const Error error{joined.refused, parked ? "ZITADEL_MAX_PARKED is reached" : "", kComeAgain};
    parts_.failures.add(error);
    waiter.done(error);
    return {};
  }
  if (!joined.gives_way.empty()) {
    const Error error{Reason::kTooManyFromClient, "a place was given up to another client",
                      kComeAgain};
    parts_.failures.add(error);
    call(std::move(joined.gives_way), error);
  }
  if (joined.leads) {
    // Another question about the token may have been answered since the caller checked.
    const KnownTokens::Known known = parts_.known.recall(key, token);
    known.answer ? land(joined.question, *known.answer) : begin(joined.question);
  }
  return {joined.question, joined.id};
}

void Questions::refresh(const TokenKey& key, SecretView token, const SharedClaims& good) {
  const auto purpose = Question::Purpose::kRefresh;
  const Open question = room_.begin(key, token, purpose, good, parts_.clock.steady());
  if (question) begin(question);
}

bool Questions::cancel(const Ticket& ticket) {
  const Open question = ticket.question.lock();
  return question && room_.cancel(*question, ticket.id).has_value();
}

void Questions::stop() {
  for (const Waiter& waiter : room_.stop()) waiter.done(Reason::kShuttingDown);
}

// Other processes are not asked about a token that is checked here: that takes longer.
void Questions::begin(const Open& question) {
  if (parts_.local.decides(question->token)) {
    return await_keys(question, parts_.clock.steady() + limits_.timeout);
  }
  parts_.workers.run([this, question] { look_around(question); });
}

void Questions::await_keys(const Open& question, SteadyTime deadline) {
  parts_.local.when_decidable([this, question, deadline] {
    parts_.workers.run([this, question, deadline] { judge_again(question, deadline); });
  });
}

// Called when ZITADEL has answered for its keys. The token may still be undecided if that was the
// answer to an older question: then this waits for another answer, but for none to a question that
// begins after the deadline.
void Questions::judge_again(const Open& question, SteadyTime deadline) {
  const LogRequest about(question->asked_by);
  if (const auto judged = parts_.known.judge(question->key, question->token)) {
    return land(question, *judged);
  }
  // ZITADEL is asked again if its events are not available any more.
  if (!parts_.local.decides(question->token)) return look_around(question);
  const bool lacks_events = parts_.local.awaits_events();
  if (parts_.clock.steady() >= deadline) {
    return fail(question, {lacks_events ? Reason::kRevocationsUnknown : Reason::kKeySetUnavailable,
                           "it did not come in time"});
  }
  if (!lacks_events) return await_keys(question, deadline);
  parts_.workers.run_later(kEventsPause,
                           [this, question, deadline] { judge_again(question, deadline); });
}

void Questions::look_around(const Open& question) {
  if (parts_.shared == nullptr) return turns_.line_up(question);
  parts_.shared->find(question->token, [this, question](const std::optional<SharedEntry>& entry) {
    parts_.metrics.add(entry ? Counter::kSharedFound : Counter::kSharedNothing);
    on_worker([this, question, entry] {
      entry ? take_from_others(question, *entry) : turns_.line_up(question);
    });
  });
}

// The shared store calls back on a thread of its own, or on this one.
void Questions::on_worker(Workers::Task task) {
  parts_.workers.is_here() ? task() : parts_.workers.run(std::move(task));
}

Moment Questions::moment_of(const SharedEntry& entry) const {
  const Moment now = parts_.clock.now();
  const auto age = std::max(now.wall - entry.sent, WallMicroseconds::duration(0));
  return {now.steady - age, entry.sent};
}

// If this process does not know the entry's purges, the answer counts as older than all purges.
Questions::Word Questions::word_of(const SharedEntry& entry) const {
  const auto known =
      parts_.purges == nullptr ? std::nullopt : parts_.purges->generation_of(entry.purges);
  return {entry.claims, entry.refusal.value_or(Reason::kInactive), known.value_or(0)};
}

void Questions::take_from_others(const Open& question, const SharedEntry& entry) {
  const Moment sent = moment_of(entry);
  const auto age = parts_.clock.steady() - sent.steady;
  if (entry.refusal) {
    const bool is_repeated = age < std::min(kRefusalLifetime, limits_.ttl);
    if (!entry.confirmed && is_doubtful(*question, *entry.refusal)) {
      return is_repeated ? doubt(question, sent) : turns_.line_up(question);
    }
    const Word word = learn_from_others(*question, entry);
    return is_repeated ? land(question, outcome_of(word)) : turns_.line_up(question);
  }
  // An entry from the future: it is not known when its lifetime ends.
  if (entry.sent > parts_.clock.wall_microseconds() + kClockStep) return turns_.line_up(question);
  const Word word = parts_.known.learn(question->key, sent, word_of(entry));
  const bool is_news = word.claims == entry.claims;
  const KnownTokens::Known known = parts_.known.recall(question->key, question->token);
  const bool is_good = known.answer && known.answer->has_value();
  if (!is_good && known.run_out) {
    question->good = known.run_out;
    question->make_known();
  }
  if (!is_good || (!is_news && question->purpose == Question::Purpose::kRefresh)) {
    return turns_.line_up(question);
  }
  doubt_.active(question->key, question->token, **known.answer, sent.steady);
  land(question, *known.answer);
  if (!known.refresh_due || !limits_.refresh_ahead) return;
  const auto purpose = Question::Purpose::kRefresh;
  const Open next =
      room_.begin(question->key, question->token, purpose, **known.answer, parts_.clock.steady());
  if (next) turns_.line_up(next);
}

void Questions::take(const Open& question, Result<Claims> answer) {
  if (answer) {
    if (answer->left_out() > 0) {
      parts_.failures.add({Reason::kScopesLeftOut, std::to_string(answer->left_out()) +
                                                       " of its scopes and claims are left out"});
    }
    take_claims(question, std::make_shared<const Claims>(std::move(*answer)));
  } else if (fault_of(answer.error().reason) == Fault::kToken) {
    take_refusal(question, answer.error());
  } else if (answer.error().reason == Reason::kClaimsTooLong) {
    // Remembers the refusal: to read so much again at each call would take too much time.
    parts_.failures.add(answer.error());
    const Word word{nullptr, Reason::kClaimsTooLong};
    land(question, outcome_of(parts_.known.learn(question->key, question->sent, word)));
  } else {
    fail(question, answer.error());
  }
}

// ZITADEL may have answered before the event of the purge happened.
void Questions::take_claims(const Open& question, const SharedClaims& claims) {
  if (parts_.purges != nullptr && parts_.purges->ended(*claims, question->purges.generation)) {
    if (question->asked_again++ < kMaxAskedAgain) return turns_.line_up(question);
    return fail(question, {Reason::kTooManyWaiting, "events came without end", kComeAgain});
  }
  doubt_.active(question->key, question->token, claims, question->sent.steady);
  learn(question, question->sent, {.claims = claims, .purges = question->purges.generation});
}

void Questions::take_refusal(const Open& question, const Error& error) {
  refusals_.add(error, question->token);
  if (is_doubtful(*question, error.reason)) return doubt(question, question->sent);
  learn(question, question->sent, {nullptr, error.reason});
}

// While ZITADEL is failing it calls all tokens inactive, not only those that were good before.
bool Questions::is_doubtful(const Question& question, Reason reason) {
  if (reason != Reason::kInactive) return false;
  if (!question.good) return doubt_.is_failing();
  return !question.good->expiry() || *question.good->expiry() > parts_.clock.wall();
}

// If the answer about the witness is slow, what ZITADEL has said of the token itself counts. The
// later answer about the witness still shows whether ZITADEL is failing.
void Questions::doubt(const Open& question, Moment sent) {
  if (!question->good) return judged(question, sent, Doubt::Verdict::kFailing);
  const auto verdict = std::make_shared<FirstVerdict>(
      [this, question, sent](Doubt::Verdict first) { judged(question, sent, first); });
  const auto witness = doubt_.inactive(question->key, question->good->subject(), sent.steady,
                                       [verdict](Doubt::Verdict given) { verdict->give(given); });
  if (verdict->is_given()) return;
  parts_.workers.run_later(time_left(*question),
                           [verdict] { verdict->give(Doubt::Verdict::kRevoked); });
  if (!witness) return;
  const auto purpose = Question::Purpose::kWitness;
  const Open next =
      room_.begin(witness->key, witness->token, purpose, witness->claims, parts_.clock.steady());
  if (next) turns_.line_up(next);
}

std::chrono::milliseconds Questions::time_left(const Question& question) const {
  using std::chrono::milliseconds;
  const auto left = question.begun + limits_.timeout - parts_.clock.steady();
  return std::max(std::chrono::ceil<milliseconds>(left), milliseconds(0));
}

void Questions::judged(const Open& question, Moment sent, Doubt::Verdict verdict) {
  switch (verdict) {
    case Doubt::Verdict::kRevoked:
    case Doubt::Verdict::kConfirmed:
      return learn(question, sent, {nullptr, Reason::kInactive},
                   verdict == Doubt::Verdict::kConfirmed);
    case Doubt::Verdict::kFailing:
      return fail(question, {Reason::kZitadelFailing, "", kFailingRetry});
  }
}

// The shared store gets the answer before the callers, whose next request may reach another
// process.
void Questions::learn(const Open& question, Moment sent, const Word& word, bool confirmed) {
  const Word counts = parts_.known.learn(question->key, sent, word);
  if (parts_.shared == nullptr) return land(question, counts, sent.steady);
  SharedEntry entry{sent.wall, word.claims};
  if (word.claims) entry.purges = question->purges.stamp;
  if (!word.claims) entry.refusal = word.refusal;
  entry.confirmed = confirmed;
  const bool was_good = question->good != nullptr;
  parts_.shared->store(question->token, std::move(entry), was_good,
                       [this, question, sent, counts](const std::optional<SharedEntry>& later) {
                         on_worker([this, question, sent, counts, later] {
                           land(question, later ? learn_from_others(*question, *later) : counts,
                                sent.steady);
                         });
                       });
}

Questions::Word Questions::learn_from_others(const Question& question, const SharedEntry& entry) {
  return parts_.known.learn(question.key, moment_of(entry), word_of(entry));
}

// There is no answer: what was known before may stay in use if the failure is ZITADEL's.
void Questions::fail(const Open& question, const Error& error) {
  const LogRequest about(question->asked_by);
  const bool is_failing = error.reason == Reason::kZitadelFailing;  // the log says that once
  if (!is_failing) parts_.failures.add(error);
  const bool may_hold =
      fault_of(error.reason) == Fault::kUpstream && (!is_failing || limits_.grace_while_failing);
  if (may_hold) {
    if (const auto held = parts_.known.hold(question->key)) return land(question, *held);
  }
  land(question, error);
}

// Callers that came when the answer had already run out do not get it: ZITADEL is asked again.
void Questions::land(const Open& question, const Word& word, SteadyTime sent) {
  if (!word.claims) return land(question, word.refusal);
  Open again;
  WaitingRoom::Waiters waiters = room_.land_until(*question, sent + limits_.ttl, again);
  call(std::move(waiters), word.claims);
  doubt_.unanswered(question->key);
  if (again) begin(again);
}

void Questions::land(const Open& question, const Result<SharedClaims>& outcome) {
  call(room_.land(*question), outcome);
  doubt_.unanswered(question->key);
}

void Questions::call(WaitingRoom::Waiters waiters, const Result<SharedClaims>& outcome) {
  if (waiters.empty()) return;
  const auto shared = std::make_shared<const Result<SharedClaims>>(outcome);
  const auto call_one = [](const Waiter& waiter, const Result<SharedClaims>& with) {
    waiter.done(decide(with, *waiter.requirement));
  };
  for (Waiter& waiter : waiters) {
    // To wake another thread takes longer than to call.
    if (&waiter == &waiters.back() && parts_.workers.is_here()) return call_one(waiter, *shared);
    parts_.workers.run(
        [call_one, shared, waiter = std::move(waiter)] { call_one(waiter, *shared); });
  }
}

}  // namespace auth
