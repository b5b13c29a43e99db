// SPDX-License-Identifier: Apache-2.0
// ClockWatch: an HttpClient that compares this machine's clock with the Date of the answers, logs
// that it is wrong, and gives ZITADEL's time to IssuerClock.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "auth/base/clock.h"
#include "auth/base/failure_log.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/issuer_clock.h"

namespace auth {

// Minimum difference that is logged.
constexpr std::chrono::seconds kClockNotice{2};
// The difference is logged again after this time, or once it has changed by more than kClockSkew.
constexpr std::chrono::hours kClockReminder{1};

// Thread-safe. Client and clocks must outlive it, and it must outlive what was asked through it.
class ClockWatch final : public HttpClient {
 public:
  // issuer: receives ZITADEL's time; null if nobody needs it.
  ClockWatch(HttpClient& http, const Clock& clock, IssuerClock* issuer = nullptr,
             Metrics& metrics = Metrics::unread())
      : http_(http),
        clock_(clock),
        issuer_(issuer),
        metrics_(metrics),
        log_(kFailureLogInterval, clock) {}

  void send(HttpRequest request, Done done) override;
  [[nodiscard]] std::size_t capacity() const noexcept override { return http_.capacity(); }

 private:
  void look(WallTime date, Moment sent);
  // Returns whether the difference was not logged lately, and notes it as logged.
  [[nodiscard]] bool is_news(std::chrono::seconds ahead);

  HttpClient& http_;
  const Clock& clock_;
  IssuerClock* const issuer_;
  Metrics& metrics_;
  Mutex mutex_;
  std::optional<std::chrono::seconds> told_ GUARDED_BY(mutex_);
  SteadyTime told_at_ GUARDED_BY(mutex_){};
  QuietLog log_;
};

}  // namespace auth
