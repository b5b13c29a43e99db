// SPDX-License-Identifier: Apache-2.0
#include "auth/events/purges.h"

namespace auth {

Purges::Known Purges::known() const {
  const MutexLock lock(mutex_);
  return {generation(), last_stamp()};
}

std::optional<std::uint64_t> Purges::generation_of(PurgeStamp stamp) const {
  const MutexLock lock(mutex_);
  const auto since = behind(stamp);
  return since ? std::optional(generation() - *since) : std::nullopt;
}

std::uint64_t Purges::last_of(Ends kind) const {
  const MutexLock lock(mutex_);
  return last(kind);
}

bool Purges::ended_since(const Claims& claims, std::uint64_t generation) const {
  const MutexLock lock(mutex_);
  return generation < this->generation() - size() || fits(claims, generation + 1);
}

}  // namespace auth
