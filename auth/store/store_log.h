// SPDX-License-Identifier: Apache-2.0
// StoreLog: logs for the operator that a shared store is out of order, and when it works again,
// without flooding the log meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "auth/store/shared_store.h"

namespace auth {

// Thread-safe.
class StoreLog {
 public:
  // name: which store it is, in words; holds no password.
  StoreLog(std::string name, const Clock& clock, Metrics& metrics = Metrics::unread())
      : name_(std::move(name)), clock_(clock), metrics_(metrics) {}
  ~StoreLog();
  StoreLog(const StoreLog&) = delete;
  StoreLog& operator=(const StoreLog&) = delete;

  // Logs the failure, at most one line every kStoreLogInterval. what: holds no secret.
  void failed(std::string_view what);
  // Logs a line if failed has logged one before. Otherwise it costs nothing.
  void works();

 private:
  const std::string name_;
  const Clock& clock_;
  Metrics& metrics_;
  std::atomic<bool> fails_{false};
  std::atomic<bool> told_{false};
  Mutex mutex_;
  SteadyTime next_line_ GUARDED_BY(mutex_){};
  std::uint64_t left_out_ GUARDED_BY(mutex_) = 0;
};

}  // namespace auth
