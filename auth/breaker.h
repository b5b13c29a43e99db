// SPDX-License-Identifier: Apache-2.0
// Breaker: what the last questions said of ZITADEL itself, and whether it is asked at all.
//
// A status, a refusal or a slow answer says something of the one token that was asked about. Only
// what no token can bring about says something of ZITADEL: no connection, no TLS, not a byte before
// the deadline, or that it refuses this API's own credentials. Then nobody is kept waiting, and one
// question a second tries whether it is back.
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

// Between two trials. A trial is a stranger's only if no token that was good before came for as
// long. A token about which a question has failed before has trials of its own, and only if no
// other came for as long: it may be the one token that ZITADEL takes too long for.
constexpr std::chrono::seconds kTrialInterval{1};
// So many tokens about which questions have failed are remembered.
constexpr std::size_t kFailedTokens = 8;

// Thread-safe.
class Breaker {
 public:
  explicit Breaker(const Clock& clock, Metrics& metrics = Metrics::unread())
      : clock_(clock), metrics_(metrics) {}

  struct Refusal {
    Error error;    // kCircuitOpen, kClientAuthenticationRefused or kRateLimited, with retry_after
    bool is_trial;  // the question is to be asked all the same, but nobody is to wait for it
  };
  // Returns nullopt if a question about such a token may be asked.
  [[nodiscard]] std::optional<Refusal> refuse(const TokenKey& key, const Asker& asker);

  // ZITADEL has answered a question about that token, whatever it said.
  void answered(const TokenKey& key);
  // A question about that token that was sent then has failed. That opens the breaker if it says
  // something of ZITADEL and ZITADEL has answered nothing since; an answer, such as a 5xx, closes
  // it. No deadline that has passed opens it for a token which had that before, where ZITADEL has
  // answered about others meanwhile. kRateLimited keeps new tokens from being asked about for its
  // retry_after. Returns whether the breaker has opened.
  bool failed(const Error& error, SteadyTime sent, const TokenKey& key, const Asker& asker);

 private:
  // Whose trial is better: the first of these.
  enum class Rank : std::uint8_t { kKnown, kNew, kFailedBefore };
  struct Failed {
    TokenKey key;
    std::optional<IpAddress> client;  // of a new token
    bool others_answered;             // since
  };

  [[nodiscard]] Rank rank_of(const TokenKey& key, const Asker& asker) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool takes_trial(Rank rank, SteadyTime now) REQUIRES_LOCK(mutex_);
  [[nodiscard]] std::optional<Failed>* find(const TokenKey& key) REQUIRES_LOCK(mutex_);
  void remember(const TokenKey& key, const Asker& asker) REQUIRES_LOCK(mutex_);

  const Clock& clock_;
  Metrics& metrics_;
  Mutex mutex_;
  std::optional<Error> open_ GUARDED_BY(mutex_);  // why
  SteadyTime next_trial_ GUARDED_BY(mutex_){};
  SteadyTime next_trial_of_failed_ GUARDED_BY(mutex_){};
  std::array<SteadyTime, 2> came_ GUARDED_BY(mutex_){};  // by rank
  std::array<std::optional<Failed>, kFailedTokens> failed_ GUARDED_BY(mutex_){};
  std::size_t next_failed_ GUARDED_BY(mutex_) = 0;  // where the next one goes
  SteadyTime answered_ GUARDED_BY(mutex_){};
  SteadyTime paused_until_ GUARDED_BY(mutex_){};  // for new tokens
};

}  // namespace auth
