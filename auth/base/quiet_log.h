// SPDX-License-Identifier: Apache-2.0
// QuietLog: says what goes wrong, however often it does, without drowning the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/log.h"
#include "auth/base/mutex.h"

namespace auth {

// Thread-safe. The clock must outlive it.
class QuietLog {
 public:
  // One line of each kind in that time; the next one says how many were left out.
  QuietLog(std::chrono::seconds interval, const Clock& clock)
      : interval_(interval), clock_(clock) {}

  // kind: one of a few, never made of what a peer sends.
  void add(LogLevel level, std::string_view kind, std::string line);

 private:
  struct Seen {
    SteadyTime next_line{};
    std::uint64_t left_out = 0;
  };

  const std::chrono::seconds interval_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Seen, std::less<>> seen_ GUARDED_BY(mutex_);
};

}  // namespace auth
