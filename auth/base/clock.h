// Time as a parameter, so that tests need no sleep.
#pragma once

#include <chrono>

namespace auth {

using WallTime = std::chrono::sys_seconds;                 // what a token's exp speaks of
using SteadyTime = std::chrono::steady_clock::time_point;  // for lifetimes in this process

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const noexcept = 0;
  [[nodiscard]] virtual SteadyTime steady() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const noexcept override {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] SteadyTime steady() const noexcept override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace auth
