// SPDX-License-Identifier: Apache-2.0
// QuietLog: says what goes wrong, however often it does, without drowning the log.
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
  // One line of each kind in that time; the next one says how many were left out.
  QuietLog(std::chrono::seconds interval, const Clock& clock)
      : interval_(interval), clock_(clock) {}

  // kind: one of a few, never made of what a peer sends.
  void add(LogLevel level, std::string_view kind, std::string line);
  // The same with a line that is made only where it is said.
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

  // Whether a line of that kind is to be said now: then how many were left out before.
  [[nodiscard]] std::optional<std::uint64_t> its_turn(std::string_view kind);
  static void say(LogLevel level, std::string line, std::uint64_t left_out);

  const std::chrono::seconds interval_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Seen, std::less<>> seen_ GUARDED_BY(mutex_);
};

}  // namespace auth
