// SPDX-License-Identifier: Apache-2.0
#include "auth/base/quiet_log.h"

#include <utility>

namespace auth {

void QuietLog::add(LogLevel level, std::string_view kind, std::string line) {
  std::uint64_t left_out = 0;
  {
    const SteadyTime now = clock_.steady();
    const MutexLock lock(mutex_);
    Seen& seen = seen_.try_emplace(std::string(kind)).first->second;
    if (now < seen.next_line) {
      ++seen.left_out;
      return;
    }
    seen.next_line = now + interval_;
    left_out = std::exchange(seen.left_out, 0);
  }
  if (left_out > 0) line += " (and " + std::to_string(left_out) + " more since the last line)";
  log(level, line);
}

}  // namespace auth
