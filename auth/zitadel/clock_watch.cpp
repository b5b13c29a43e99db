// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/clock_watch.h"

#include <string>

#include "auth/base/log.h"

namespace auth {
namespace {

using std::chrono::seconds;

// Returns how far this clock is certainly ahead: the server wrote its date, cut to seconds, between
// the sending of the question and the arrival of the answer. Negative: behind.
seconds surely_ahead(WallTime date, WallMicroseconds sent, WallMicroseconds arrived) {
  if (sent - date >= kClockNotice) return std::chrono::floor<seconds>(sent - date);
  // This clock is at least that far behind, for the date was cut.
  if (date - arrived > kClockNotice - seconds(1)) {
    return -std::chrono::ceil<seconds>(date - arrived);
  }
  return seconds(0);
}

// Returns how far this clock is probably ahead: on average, the date was written half-way, and half
// a second was cut off it.
std::chrono::microseconds likely_ahead(WallTime date, WallMicroseconds sent,
                                       WallMicroseconds arrived) {
  constexpr std::chrono::milliseconds kCut{500};
  return sent + (arrived - sent) / 2 - (date + kCut);
}

}  // namespace

void ClockWatch::send(HttpRequest request, Done done) {
  http_.send(std::move(request),
             [this, sent = clock_.now(), done = std::move(done)](Result<HttpResponse> answer) {
               if (answer && answer->date) look(*answer->date, sent);
               done(std::move(answer));
             });
}

void ClockWatch::look(WallTime date, Moment sent) {
  if (issuer_ != nullptr) issuer_->compare(date, sent.steady);
  const WallMicroseconds arrived = clock_.wall_microseconds();
  metrics_.note(Fact::kClockAhead, likely_ahead(date, sent.wall, arrived));
  metrics_.note(Fact::kClockComparedAt, arrived.time_since_epoch());
  const seconds ahead = surely_ahead(date, sent.wall, arrived);
  if (ahead.count() == 0 || !is_news(ahead)) return;
  const bool harms = std::chrono::abs(ahead) > kClockSkew;
  log_.add(harms ? LogLevel::kError : LogLevel::kWarn, "clock",
           "this machine's clock is wrong: it is " +
               std::to_string(std::chrono::abs(ahead).count()) + " seconds " +
               (ahead.count() > 0 ? "ahead of" : "behind") + " ZITADEL's: set it right");
}

bool ClockWatch::is_news(seconds ahead) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  const bool told =
      told_ && now < told_at_ + kClockReminder && std::chrono::abs(*told_ - ahead) <= kClockSkew;
  if (told) return false;
  told_ = ahead;
  told_at_ = now;
  return true;
}

}  // namespace auth
