#include "auth/breaker.h"

#include <algorithm>

namespace auth {
namespace {

enum class Meaning {
  kZitadelIsAway,
  kAnswered,  // it is there, whatever it makes of the token
  kNothing,
};

Meaning meaning_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kUnreachable:
    case Reason::kTlsFailed:
    case Reason::kTimedOut:
    case Reason::kClientAuthenticationRefused:
      return Meaning::kZitadelIsAway;
    case Reason::kRateLimited:
    case Reason::kServerError:
    case Reason::kUnexpectedStatus:
    case Reason::kRedirected:
    case Reason::kAnswerTooLarge:
    case Reason::kMalformedAnswer:
    case Reason::kOurRequestRefused:
    case Reason::kClockWrong:
    case Reason::kClaimsTooLong:
      return Meaning::kAnswered;
    default:  // half an answer, or none for a cause of our own
      return Meaning::kNothing;
  }
}

// An API whose key was deleted does not live on by its grace: that stays our own fault.
Error refusal_of(const Error& cause) {
  if (cause.reason == Reason::kClientAuthenticationRefused) {
    return {cause.reason, cause.detail, kTrialInterval};
  }
  return {Reason::kCircuitOpen, to_string(cause), kTrialInterval};
}

}  // namespace

std::optional<Breaker::Refusal> Breaker::refuse(Standing standing) {
  const SteadyTime now = clock_.steady();
  const bool is_new = standing == Standing::kNew;
  const MutexLock lock(mutex_);
  if (is_new && now < paused_until_) {
    return Refusal{{Reason::kRateLimited, "its Retry-After has not passed",
                    std::chrono::ceil<std::chrono::seconds>(paused_until_ - now)},
                   false};
  }
  if (!open_) return std::nullopt;
  if (!is_new) known_came_ = now;
  const bool is_trial = now >= next_trial_ && (!is_new || now >= known_came_ + kTrialInterval);
  if (is_trial) next_trial_ = now + kTrialInterval;
  return Refusal{refusal_of(*open_), is_trial};
}

void Breaker::answered() {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  answered_ = now;
  open_.reset();
}

bool Breaker::failed(const Error& error, SteadyTime sent) {
  const Meaning meaning = meaning_of(error.reason);
  if (meaning == Meaning::kAnswered) answered();
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (error.reason == Reason::kRateLimited) {
    paused_until_ = std::max(paused_until_, now + error.retry_after.value_or(kTrialInterval));
  }
  if (meaning != Meaning::kZitadelIsAway || open_ || answered_ > sent) return false;
  open_ = error;
  next_trial_ = now + kTrialInterval;
  return true;
}

}  // namespace auth
