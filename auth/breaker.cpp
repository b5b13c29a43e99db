// SPDX-License-Identifier: Apache-2.0
#include "auth/breaker.h"

#include <algorithm>

namespace auth {
namespace {

enum class Meaning {
  kZitadelIsAway,
  kAnswered,  // it is there, whatever it says of the token
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

// The grace does not apply to an API whose key was deleted: that stays our own fault.
Error refusal_of(const Error& cause) {
  if (cause.reason == Reason::kClientAuthenticationRefused) {
    return {cause.reason, cause.detail, kTrialInterval};
  }
  return {Reason::kCircuitOpen, to_string(cause), kTrialInterval};
}

}  // namespace

std::optional<Breaker::Refusal> Breaker::refuse(const TokenKey& key, const Asker& asker) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (asker.standing == Standing::kNew && now < paused_until_) {
    return Refusal{{Reason::kRateLimited, "its Retry-After has not passed",
                    std::chrono::ceil<std::chrono::seconds>(paused_until_ - now)},
                   false};
  }
  if (!open_) return std::nullopt;
  return Refusal{refusal_of(*open_), takes_trial(rank_of(key, asker), now)};
}

// New tokens of one client count as one, because the client may have invented them.
Breaker::Rank Breaker::rank_of(const TokenKey& key, const Asker& asker) const {
  const bool is_new = asker.standing == Standing::kNew;
  const bool has_failed =
      std::any_of(failed_.begin(), failed_.end(), [&](const std::optional<Failed>& each) {
        if (!each) return false;
        return each->key == key || (is_new && each->client && each->client == asker.client);
      });
  if (has_failed) return Rank::kFailedBefore;
  return is_new ? Rank::kNew : Rank::kKnown;
}

bool Breaker::takes_trial(Rank rank, SteadyTime now) {
  const auto place = static_cast<std::size_t>(rank);
  if (place < came_.size()) came_[place] = now;
  SteadyTime& next = rank == Rank::kFailedBefore ? next_trial_of_failed_ : next_trial_;
  const bool better_came = std::any_of(came_.begin(), came_.begin() + place, [&](SteadyTime came) {
    return now < came + kTrialInterval;
  });
  if (now < next || better_came) return false;
  next = now + kTrialInterval;
  return true;
}

std::optional<Breaker::Failed>* Breaker::find(const TokenKey& key) {
  const auto found =
      std::find_if(failed_.begin(), failed_.end(),
                   [&](const std::optional<Failed>& each) { return each && each->key == key; });
  return found == failed_.end() ? nullptr : &*found;
}

void Breaker::remember(const TokenKey& key, const Asker& asker) {
  const bool is_new = asker.standing == Standing::kNew;
  failed_[next_failed_] = Failed{key, is_new ? asker.client : std::nullopt, false};
  next_failed_ = (next_failed_ + 1) % failed_.size();
}

void Breaker::answered(const TokenKey& key) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  answered_ = now;
  open_.reset();
  metrics_.set(Gauge::kBreakerOpen, 0);
  if (std::optional<Failed>* const failed = find(key)) failed->reset();
  for (std::optional<Failed>& each : failed_) {
    if (each) each->others_answered = true;
  }
}

bool Breaker::failed(const Error& error, SteadyTime sent, const TokenKey& key, const Asker& asker) {
  const Meaning meaning = meaning_of(error.reason);
  if (meaning == Meaning::kAnswered) answered(key);
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (error.reason == Reason::kRateLimited) {
    paused_until_ = std::max(paused_until_, now + error.retry_after.value_or(kTrialInterval));
  }
  if (meaning != Meaning::kZitadelIsAway) return false;
  const std::optional<Failed>* const before = find(key);
  if (before == nullptr) remember(key, asker);
  const bool is_slow = before != nullptr && (*before)->others_answered;
  if (open_ || answered_ > sent || (is_slow && error.reason == Reason::kTimedOut)) return false;
  open_ = error;
  metrics_.set(Gauge::kBreakerOpen, 1);
  metrics_.add(Counter::kBreakerOpened);
  next_trial_ = next_trial_of_failed_ = now + kTrialInterval;
  return true;
}

}  // namespace auth
