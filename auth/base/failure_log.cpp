#include "auth/base/failure_log.h"

#include <utility>

#include "auth/base/log.h"

namespace auth {

void FailureLog::add(const Error& error) {
  const Fault fault = fault_of(error.reason);
  if (fault != Fault::kOwn && fault != Fault::kUpstream && fault != Fault::kLoad) return;
  if (error.reason == Reason::kShuttingDown) return;
  std::uint64_t left_out = 0;
  {
    const SteadyTime now = clock_.steady();
    const MutexLock lock(mutex_);
    Seen& seen = seen_[error.reason];
    if (now < seen.next_line) {
      ++seen.left_out;
      return;
    }
    seen.next_line = now + kFailureLogInterval;
    left_out = std::exchange(seen.left_out, 0);
  }
  std::string line = to_string(error);
  if (left_out > 0) line += " (and " + std::to_string(left_out) + " more since the last line)";
  log(fault == Fault::kOwn ? LogLevel::kError : LogLevel::kWarn, line);
}

}  // namespace auth
