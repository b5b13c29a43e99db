// SPDX-License-Identifier: Apache-2.0
// Breaker: decides by the outcome of the last questions whether ZITADEL is asked at all.
//
// A status, a refusal or a slow answer concerns only the token that was asked about. Only failures
// that no token can cause concern ZITADEL itself: no connection, no TLS, not a byte before the
// deadline, or a refusal of this API's own credentials. Then nobody is kept waiting, and one
// question a second tests whether ZITADEL is back.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "auth/admission.h"
#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"
#include "auth/cache/token_key.h"

namespace auth {

// Interval between two trials. A new token gets a trial only if no token that was good before came
// for as long. A token about which a question has failed before has separate trials, and only if no
// other token came for as long: it may be the one token for which ZITADEL takes too long.
constexpr std::chrono::seconds kTrialInterval{1};
// Maximum number of tokens remembered about which questions have failed.
constexpr std::size_t kFailedTokens = 8;

// Thread-safe.
class Breaker {
 public:
  explicit Breaker(const Clock& clock, Metrics& metrics = Metrics::unread())
      : clock_(clock), metrics_(metrics) {}

  struct Refusal {
    Error error;    // kCircuitOpen, kClientAuthenticationRefused or kRateLimited, with retry_after
    bool is_trial;  // the question has to be asked all the same, but nobody may wait for it
  };
  // Returns nullopt if a question about such a token may be asked.
  [[nodiscard]] std::optional<Refusal> refuse(const TokenKey& key, const Asker& asker);

  // Reports that ZITADEL has answered a question about that token, whatever it said.
  void answered(const TokenKey& key);
  // Reports that a question about that token, sent at that time, has failed. That opens the breaker
  // if the error concerns ZITADEL itself and ZITADEL has answered nothing since; an answer, such as
  // a 5xx, closes it. A passed deadline does not open it for a token that has failed before, if
  // ZITADEL has answered about others meanwhile. After kRateLimited, ZITADEL is not asked about new
  // tokens for its retry_after. Returns whether the breaker has opened.
  bool failed(const Error& error, SteadyTime sent, const TokenKey& key, const Asker& asker);

 private:
  // Order of preference for a trial, the best first.
  enum class Rank : std::uint8_t { kKnown, kNew, kFailedBefore };
  struct Failed {
    TokenKey key;
    std::optional<IpAddress> client;  // of a new token
    bool others_answered;             // since then, about other tokens
  };

  [[nodiscard]] Rank rank_of(const TokenKey& key, const Asker& asker) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool takes_trial(Rank rank, SteadyTime now) REQUIRES_LOCK(mutex_);
  [[nodiscard]] std::optional<Failed>* find(const TokenKey& key) REQUIRES_LOCK(mutex_);
  void remember(const TokenKey& key, const Asker& asker) REQUIRES_LOCK(mutex_);

  const Clock& clock_;
  Metrics& metrics_;
  Mutex mutex_;
  std::optional<Error> open_ GUARDED_BY(mutex_);  // why it is open
  SteadyTime next_trial_ GUARDED_BY(mutex_){};
  SteadyTime next_trial_of_failed_ GUARDED_BY(mutex_){};
  std::array<SteadyTime, 2> came_ GUARDED_BY(mutex_){};  // when a token of that rank came last
  std::array<std::optional<Failed>, kFailedTokens> failed_ GUARDED_BY(mutex_){};
  std::size_t next_failed_ GUARDED_BY(mutex_) = 0;  // index of the next one
  SteadyTime answered_ GUARDED_BY(mutex_){};
  SteadyTime paused_until_ GUARDED_BY(mutex_){};  // for new tokens
};

}  // namespace auth
