// SPDX-License-Identifier: Apache-2.0
// QuietLog: logs what goes wrong, however often, without flooding the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "auth/base/clock.h"
#include "auth/base/log.h"
#include "auth/base/mutex.h"

namespace auth {

// Thread-safe. The clock must outlive it.
class QuietLog {
 public:
  // Logs one line of each kind per interval; the next one says how many were left out.
  QuietLog(std::chrono::seconds interval, const Clock& clock)
      : interval_(interval), clock_(clock) {}

  // kind: one of a few fixed texts, never made from what a peer sends.
  void add(LogLevel level, std::string_view kind, std::string line);
  // The same with a line that is made only if it is logged.
  template <typename Make>
  void add(LogLevel level, std::string_view kind,
           Make make) requires std::is_invocable_r_v<std::string, Make> {
    if (const std::optional<std::uint64_t> left_out = its_turn(kind)) {
      say(level, make(), *left_out);
    }
  }

 private:
  struct Seen {
    SteadyTime next_line{};
    std::uint64_t left_out = 0;
  };

  // Returns how many lines of that kind were left out before, if one is due now; else nullopt.
  [[nodiscard]] std::optional<std::uint64_t> its_turn(std::string_view kind);
  static void say(LogLevel level, std::string line, std::uint64_t left_out);

  const std::chrono::seconds interval_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Seen, std::less<>> seen_ GUARDED_BY(mutex_);
};

}  // namespace auth
