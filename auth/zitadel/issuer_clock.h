// SPDX-License-Identifier: Apache-2.0
// IssuerClock: this machine's clock. The time that claims are compared with, wall(), is no later
// than ZITADEL's.
//
// Each answer of ZITADEL says what time it is there. So a token that ZITADEL calls active is not
// refused because this machine's clock is ahead. Nor is a token refused, without a question to
// ZITADEL, by a clock that was never compared.
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

  // Notes the date in an answer, and when its question was sent. The last answer counts.
  void compare(WallTime date, SteadyTime sent) noexcept;

 private:
  static constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max();

  const Clock& own_;
  // Nanoseconds. ZITADEL's time is no later than the steady time plus this.
  std::atomic<std::int64_t> latest_{kUnknown};
};

}  // namespace auth
