// SPDX-License-Identifier: Apache-2.0
// Turns: asks ZITADEL about tokens, each question in its turn.
//
// The breaker is asked before a question waits, and again before it is sent (auth/breaker.h); which
// one is next, the waiting room knows (auth/admission.h). What becomes of a question tells the
// breaker how ZITADEL is.
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

// Thread-safe. All that it is given must outlive it; nothing may be under way when it dies.
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
    HttpClient& http;      // tells how much it can bear
    const Purges* purges;  // null: nobody tells what has ended tokens
    const Clock& clock;
    Metrics& metrics;
  };
  // One of the two is called for each question that has lined up and is still wanted, on the thread
  // that lines up a question or that brings ZITADEL's answer to one, perhaps to another one.
  struct Ends {
    // Errors: those of Introspection::ask.
    std::function<void(const Open& question, Result<Claims> answer)> answered;
    // It is not asked, or, to try whether ZITADEL is back, is asked afterwards: answered is called
    // then, too.
    std::function<void(const Open& question, const Error& error)> refused;
  };
  Turns(Limits limits, Parts parts, Ends ends);

  // The question is asked when its turn comes. Nobody hears of one that nobody wants any more.
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
