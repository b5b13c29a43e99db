// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/issuer_clock.h"

#include <algorithm>
#include <chrono>

namespace auth {

using std::chrono::nanoseconds;
using std::chrono::seconds;

WallTime IssuerClock::wall() const noexcept {
  const WallTime own = own_.wall();
  const std::int64_t latest = latest_.load();
  if (latest == kUnknown) return own;
  const nanoseconds there = own_.steady().time_since_epoch() + nanoseconds(latest);
  return std::min(own, WallTime(std::chrono::floor<seconds>(there)));
}

// Both the date and, behind a cache, its age are cut to seconds.
void IssuerClock::compare(WallTime date, SteadyTime sent) noexcept {
  const nanoseconds latest = date.time_since_epoch() + seconds(2) - sent.time_since_epoch();
  latest_ = latest.count();
}

}  // namespace auth
