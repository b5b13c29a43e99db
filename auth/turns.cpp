// SPDX-License-Identifier: Apache-2.0
#include "auth/turns.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "auth/base/log_request.h"

namespace auth {
namespace {

// Set while this thread gives out turns. An answer that comes before its question has been sent
// must not give out more of them from within.
thread_local bool giving_turns = false;

Counter counter_of(const Result<Claims>& answer) {
  if (answer) return Counter::kIntrospectionActive;
  switch (answer.error().reason) {
    case Reason::kUnreachable:
    case Reason::kTlsFailed:
    case Reason::kConnectionLost:
      return Counter::kIntrospectionUnreachable;
    case Reason::kTimedOut:
    case Reason::kAnswerStalled:
      return Counter::kIntrospectionTimedOut;
    case Reason::kRateLimited:
      return Counter::kIntrospectionRateLimited;
    case Reason::kServerError:
      return Counter::kIntrospectionServerError;
    case Reason::kClientAuthenticationRefused:
    case Reason::kOurRequestRefused:
      return Counter::kIntrospectionRefused;
    default:
      return fault_of(answer.error().reason) == Fault::kToken ? Counter::kIntrospectionInactive
                                                              : Counter::kIntrospectionOther;
  }
}

// Whether the answer is ZITADEL's decision about the token.
bool is_judgement(const Result<Claims>& answer) {
  return answer || fault_of(answer.error().reason) == Fault::kToken;
}

}  // namespace

Turns::Turns(Limits limits, Parts parts, Ends ends)
    : limits_(limits),
      parts_(parts),
      ends_(std::move(ends)),
      breaker_(parts.clock, parts.metrics) {}

void Turns::line_up(const Open& question) {
  if (auto refusal = breaker_.refuse(question->key, parts_.room.asker_of(*question)))
    return refuse(question, *refusal);
  if (parts_.room.line_up(*question, parts_.clock.steady())) send_next();
}

void Turns::refuse(const Open& question, const Breaker::Refusal& refusal) {
  ends_.refused(question, refusal.error);
  if (refusal.is_trial) send(question);
}

// Nobody is kept waiting while ZITADEL is away.
void Turns::refuse_all() {
  std::vector<Open> waiting;
  while (Open question = parts_.room.waiting_since(SteadyTime::max())) {
    waiting.push_back(std::move(question));
  }
  for (const Open& question : waiting) line_up(question);
}

void Turns::send_next() {
  if (giving_turns) return;
  giving_turns = true;
  const std::size_t slots = std::min(limits_.in_flight, parts_.http.capacity());
  for (;;) {
    if (const Open late = parts_.room.waiting_since(parts_.clock.steady() - limits_.timeout)) {
      ends_.refused(late, {Reason::kTooManyWaiting, "its turn did not come in time", kComeAgain});
      continue;
    }
    const Open question = parts_.room.next(slots);
    if (!question) break;
    if (auto refusal = breaker_.refuse(question->key, parts_.room.asker_of(*question))) {
      parts_.room.answered(*question);
      refuse(question, *refusal);
    } else {
      send(question);
    }
  }
  giving_turns = false;
}

void Turns::send(const Open& question) {
  if (parts_.purges != nullptr) question->purges = parts_.purges->known();
  question->sent = parts_.clock.now();
  parts_.metrics.move(Gauge::kInFlight, 1);
  parts_.introspection.ask(question->token, [this, question](Result<Claims> answer) {
    count(question, answer);
    parts_.room.answered(*question);
    take(question, std::move(answer));
    send_next();
  });
}

void Turns::count(const Open& question, const Result<Claims>& answer) {
  const Moment now = parts_.clock.now();
  parts_.metrics.move(Gauge::kInFlight, -1);
  parts_.metrics.observe(Histogram::kIntrospection, now.steady - question->sent.steady);
  parts_.metrics.add(counter_of(answer));
  parts_.metrics.note(is_judgement(answer) ? Fact::kAnsweredAt : Fact::kFailedAt,
                      now.wall.time_since_epoch());
}

void Turns::take(const Open& question, Result<Claims> answer) {
  const LogRequest about(question->asked_by);
  const bool opened = opens_breaker(*question, answer);
  ends_.answered(question, std::move(answer));
  if (opened) refuse_all();
}

// Claims that are too long concern only the token.
bool Turns::opens_breaker(const Question& question, const Result<Claims>& answer) {
  if (is_judgement(answer) || answer.error().reason == Reason::kClaimsTooLong) {
    breaker_.answered(question.key);
    return false;
  }
  return breaker_.failed(answer.error(), question.sent.steady, question.key,
                         parts_.room.asker_of(question));
}

}  // namespace auth
