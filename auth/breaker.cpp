#include "auth/breaker.h"

#include <algorithm>

namespace auth {

std::optional<Error> Breaker::refuse() {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (now < rate_limited_until_) {
    return Error{Reason::kRateLimited, "its Retry-After has not passed",
                 std::chrono::ceil<std::chrono::seconds>(rate_limited_until_ - now)};
  }
  if (failures_ < kFailuresToOpen) return std::nullopt;
  if (now < next_trial_) return Error{Reason::kCircuitOpen, "", kTrialInterval};
  next_trial_ = now + kTrialInterval;
  return std::nullopt;
}

void Breaker::succeeded() {
  const MutexLock lock(mutex_);
  failures_ = 0;
}

void Breaker::failed(const Error& error) {
  if (error.reason == Reason::kAnswerTooLarge || error.reason == Reason::kMalformedAnswer) return;
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (error.reason == Reason::kRateLimited) {
    rate_limited_until_ = now + error.retry_after.value_or(kTrialInterval);
    return;
  }
  if (failures_ < kFailuresToOpen && ++failures_ == kFailuresToOpen) {
    next_trial_ = now + kTrialInterval;
  }
}

}  // namespace auth
