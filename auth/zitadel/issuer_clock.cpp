// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/issuer_clock.h"

#include <algorithm>
#include <chrono>

namespace auth {

using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

// The year 2200. An int64 holds the nanoseconds until 2262; a Date may name the year 9999.
constexpr WallTime kLatestDate{seconds(7'258'118'400)};

}  // namespace

WallTime IssuerClock::wall() const noexcept {
  const WallTime own = own_.wall();
  const std::int64_t latest = latest_.load();
  if (latest == kUnknown) return own;
  const nanoseconds there = own_.steady().time_since_epoch() + nanoseconds(latest);
  return std::min(own, WallTime(std::chrono::floor<seconds>(there)));
}

// Both the date and, behind a cache, its age are cut to seconds.
void IssuerClock::compare(WallTime date, SteadyTime sent) noexcept {
  const nanoseconds there = std::min(date, kLatestDate).time_since_epoch() + seconds(2);
  const nanoseconds latest = there - sent.time_since_epoch();
  latest_ = latest.count();
}

}  // namespace auth
