// Breaker: what the last questions said of ZITADEL itself, and whether it is asked at all.
//
// A status, a refusal or a slow answer says something of the one token that was asked about. Only
// what no token can bring about says something of ZITADEL: no connection, no TLS, not a byte before
// the deadline, or that it refuses this API's own credentials. Then nobody is kept waiting, and one
// question a second tries whether it is back.
#pragma once

#include <chrono>
#include <optional>

#include "auth/admission.h"
#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"

namespace auth {

// Between two trials. A trial is a stranger's only if no token that was good before came for as
// long.
constexpr std::chrono::seconds kTrialInterval{1};

// Thread-safe.
class Breaker {
 public:
  explicit Breaker(const Clock& clock) : clock_(clock) {}

  struct Refusal {
    Error error;    // kCircuitOpen, kClientAuthenticationRefused or kRateLimited, with retry_after
    bool is_trial;  // the question is to be asked all the same, but nobody is to wait for it
  };
  // Returns nullopt if a question about such a token may be asked.
  [[nodiscard]] std::optional<Refusal> refuse(Standing standing);

  // ZITADEL has answered, whatever it said.
  void answered();
  // A question that was sent then has failed. That opens the breaker if it says something of
  // ZITADEL and ZITADEL has answered nothing since; an answer, such as a 5xx, closes it.
  // kRateLimited keeps new tokens from being asked about for its retry_after. Returns whether the
  // breaker has opened.
  bool failed(const Error& error, SteadyTime sent);

 private:
  const Clock& clock_;
  Mutex mutex_;
  std::optional<Error> open_ GUARDED_BY(mutex_);  // why
  SteadyTime next_trial_ GUARDED_BY(mutex_){};
  SteadyTime known_came_ GUARDED_BY(mutex_){};
  SteadyTime answered_ GUARDED_BY(mutex_){};
  SteadyTime paused_until_ GUARDED_BY(mutex_){};  // for new tokens
};

}  // namespace auth
