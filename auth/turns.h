// SPDX-License-Identifier: Apache-2.0
// Turns: asks ZITADEL about tokens, each question in its turn.
//
// The breaker is asked before a question waits, and again before it is sent (auth/breaker.h). The
// waiting room decides which question is next (auth/admission.h). The outcome of each question is
// reported to the breaker.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/result.h"
#include "auth/breaker.h"
#include "auth/events/purges.h"
#include "auth/token/claims.h"
#include "auth/waiting_room.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/introspection.h"

namespace auth {

// Thread-safe. All arguments of the constructor must outlive it; nothing may be under way when it
// is destroyed.
class Turns {
 public:
  using Open = WaitingRoom::Open;

  struct Limits {
    std::size_t in_flight;              // questions to ZITADEL at once
    std::chrono::milliseconds timeout;  // no question waits longer for its turn
  };
  struct Parts {
    WaitingRoom& room;
    Introspection& introspection;
    HttpClient& http;      // its capacity limits the questions under way
    const Purges* purges;  // null: no events report what has ended tokens
    const Clock& clock;
    Metrics& metrics;
  };
  // One of the two is called for each question that has lined up and is still wanted: on the thread
  // that lines up a question, or that brings ZITADEL's answer to this question or another one.
  struct Ends {
    // Errors: those of Introspection::ask.
    std::function<void(const Open& question, Result<Claims> answer)> answered;
    // The question is not asked; or, to test whether ZITADEL is back, it is asked afterwards: then
    // answered is called, too.
    std::function<void(const Open& question, const Error& error)> refused;
  };
  Turns(Limits limits, Parts parts, Ends ends);

  // Asks the question when its turn comes. If nobody wants it any more, none of Ends is called.
  void line_up(const Open& question);

 private:
  void refuse(const Open& question, const Breaker::Refusal& refusal);
  void refuse_all();
  void send_next();
  void send(const Open& question);
  void take(const Open& question, Result<Claims> answer);
  void count(const Open& question, const Result<Claims>& answer);
  [[nodiscard]] bool opens_breaker(const Question& question, const Result<Claims>& answer);

  const Limits limits_;
  const Parts parts_;
  const Ends ends_;
  Breaker breaker_;
};

}  // namespace auth
