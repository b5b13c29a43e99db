// Breaker: stops asking ZITADEL what it cannot answer, and tries again once a second.
#pragma once

#include <chrono>
#include <optional>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"

namespace auth {

constexpr int kFailuresToOpen = 5;  // in a row
constexpr std::chrono::seconds kTrialInterval{1};

// Thread-safe.
class Breaker {
 public:
  explicit Breaker(const Clock& clock) : clock_(clock) {}

  // Nothing where a question may be asked now; else why not (kCircuitOpen, or kRateLimited while
  // ZITADEL's Retry-After runs), with retry_after.
  [[nodiscard]] std::optional<Error> refuse();

  void succeeded();
  // A failure of ZITADEL's or of our own there. kRateLimited closes the way for its retry_after.
  // kAnswerTooLarge and kMalformedAnswer count for nothing: they may be due to the one token that
  // was asked about, and whoever has it must not keep all others out.
  void failed(const Error& error);

 private:
  const Clock& clock_;
  Mutex mutex_;
  int failures_ GUARDED_BY(mutex_) = 0;
  SteadyTime next_trial_ GUARDED_BY(mutex_){};
  SteadyTime rate_limited_until_ GUARDED_BY(mutex_){};
};

}  // namespace auth
