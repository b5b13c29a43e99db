// SPDX-License-Identifier: Apache-2.0
// ClockWatch: an HttpClient that tells the operator, by the Date of the answers, that this
// machine's clock is wrong, and compares ZITADEL's clock with it.
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

// From here on the operator is told.
constexpr std::chrono::seconds kClockNotice{2};
// It is said again after this time, or once the difference has changed by more than kClockSkew.
constexpr std::chrono::hours kClockReminder{1};

// Thread-safe. Client and clocks must outlive it, and it must outlive what was asked through it.
class ClockWatch final : public HttpClient {
 public:
  // issuer: null where ZITADEL's clock is not asked for.
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
  // Whether it was not said lately.
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
