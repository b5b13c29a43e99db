// SPDX-License-Identifier: Apache-2.0
// IssuerClock: this machine's clock, but no later than ZITADEL's where claims are compared with it.
//
// ZITADEL says with each answer what time it is there. What it calls active is not refused because
// this machine's clock is ahead. Nor is a token refused unasked by a clock that nobody has
// compared.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "auth/base/clock.h"

namespace auth {

// Thread-safe. The machine's clock must outlive it.
class IssuerClock final : public Clock {
 public:
  explicit IssuerClock(const Clock& own) : own_(own) {}

  [[nodiscard]] SteadyTime steady() const noexcept override { return own_.steady(); }
  [[nodiscard]] WallMicroseconds wall_microseconds() const noexcept override {
    return own_.wall_microseconds();
  }
  [[nodiscard]] WallTime wall() const noexcept override;
  [[nodiscard]] bool is_compared() const noexcept override { return latest_.load() != kUnknown; }

  // An answer to a question that was sent then says that it is this time. The last answer counts.
  void compare(WallTime date, SteadyTime sent) noexcept;

 private:
  static constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max();

  const Clock& own_;
  // ZITADEL's time is no later than the steady time and so much, in nanoseconds.
  std::atomic<std::int64_t> latest_{kUnknown};
};

}  // namespace auth
