// SPDX-License-Identifier: Apache-2.0
#include "auth/events/denials.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace auth {

bool Denials::ended(const Claims& claims, WallTime issued) const {
  const auto seconds = std::max<std::int64_t>(issued.time_since_epoch().count(), 0);
  const auto rank = static_cast<std::uint64_t>(seconds);
  const MutexLock lock(mutex_);
  return rank <= forgotten() || fits(claims, rank);
}

void Denials::begin_anew(Endings all) { replace({new_stamp(), std::move(all)}); }

// Forgets endings that are older than any JWT, a quarter of all at once: each time, the rest is
// gone through, which takes a while.
void Denials::appended() {
  constexpr auto kLife = std::uint64_t{std::chrono::seconds(kLongestJwt).count()};
  const std::size_t quarter = size() / 4;
  if (quarter == 0 || at(quarter).issued_until + kLife >= at(size() - 1).issued_until) return;
  forget(quarter);
}

}  // namespace auth
