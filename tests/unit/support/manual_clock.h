// SPDX-License-Identifier: Apache-2.0
// A clock that stands still until a test moves it. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "auth/base/clock.h"

namespace support {

class ManualClock final : public auth::Clock {
 public:
  static constexpr auth::WallTime kStart{std::chrono::seconds(1'700'000'000)};

  [[nodiscard]] auth::WallMicroseconds wall_microseconds() const noexcept override {
    return kStart + elapsed() + set_.load();
  }
  // Not zero at first: a default SteadyTime must look long past, as it does after a boot.
  [[nodiscard]] auth::SteadyTime steady() const noexcept override {
    return auth::SteadyTime{} + std::chrono::hours(1) + elapsed();
  }

  void advance(std::chrono::milliseconds time) { elapsed_ += time.count(); }

  // Somebody sets the wall clock, so far from where it would be.
  void set_wall(std::chrono::milliseconds ahead) { set_ = ahead; }

 private:
  [[nodiscard]] std::chrono::milliseconds elapsed() const noexcept {
    return std::chrono::milliseconds(elapsed_.load());
  }

  std::atomic<std::int64_t> elapsed_{0};
  std::atomic<std::chrono::milliseconds> set_{};
};

}  // namespace support
