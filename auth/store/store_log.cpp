// SPDX-License-Identifier: Apache-2.0
#include "auth/store/store_log.h"

#include <utility>

#include "auth/base/log.h"

namespace auth {

StoreLog::~StoreLog() {
  if (fails_) metrics_.move(Gauge::kStoreFails, -1);
}

void StoreLog::failed(std::string_view what) {
  if (!fails_.exchange(true)) metrics_.move(Gauge::kStoreFails, 1);
  std::uint64_t left_out = 0;
  {
    const SteadyTime now = clock_.steady();
    const MutexLock lock(mutex_);
    if (now < next_line_) {
      ++left_out_;
      return;
    }
    next_line_ = now + kStoreLogInterval;
    left_out = std::exchange(left_out_, 0);
  }
  told_ = true;
  std::string line = "going on without " + name_ + ": ";
  line += what;
  if (left_out > 0) line += " (and " + std::to_string(left_out) + " more since the last line)";
  log(LogLevel::kWarn, line);
}

void StoreLog::works() {
  if (fails_.load(std::memory_order_relaxed) && fails_.exchange(false)) {
    metrics_.move(Gauge::kStoreFails, -1);
  }
  if (told_.load(std::memory_order_relaxed) && told_.exchange(false)) {
    log(LogLevel::kInfo, name_ + " works again");
  }
}

}  // namespace auth
