// SPDX-License-Identifier: Apache-2.0
// Time as a parameter, so that tests need no sleep.
#pragma once

#include <time.h>

#include <chrono>

namespace auth {

// Time since the machine was started. Nobody can set it, and it goes on while the machine is
// suspended, which std::chrono::steady_clock does not.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;

  [[nodiscard]] static time_point now() noexcept {
    timespec time{};
    static_cast<void>(::clock_gettime(CLOCK_BOOTTIME, &time));  // fails for unknown clocks only
    return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
};

using WallTime = std::chrono::sys_seconds;  // as in a token's exp
using WallMicroseconds = std::chrono::sys_time<std::chrono::microseconds>;
using SteadyTime = BootClock::time_point;  // for lifetimes in this process

// Accepted difference between the clocks of two machines. Within it no token is refused.
constexpr std::chrono::seconds kClockSkew{60};

// The time of an action: steady for this process, wall for other machines.
struct Moment {
  SteadyTime steady;
  WallMicroseconds wall;
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime steady() const noexcept = 0;
  [[nodiscard]] virtual WallMicroseconds wall_microseconds() const noexcept = 0;

  // Returns the time that the times in a token are compared with.
  [[nodiscard]] virtual WallTime wall() const noexcept {
    return std::chrono::floor<std::chrono::seconds>(wall_microseconds());
  }
  // Returns whether this clock alone may refuse a token. False: it was never compared with the
  // issuer's clock, by which the token may be valid.
  [[nodiscard]] virtual bool is_compared() const noexcept { return true; }
  [[nodiscard]] Moment now() const noexcept { return {steady(), wall_microseconds()}; }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime steady() const noexcept override { return BootClock::now(); }
  [[nodiscard]] WallMicroseconds wall_microseconds() const noexcept override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace auth
