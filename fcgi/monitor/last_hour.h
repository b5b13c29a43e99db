// SPDX-License-Identifier: Apache-2.0
// The counts of each minute of the last hour.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "auth/base/metrics.h"

namespace fcgi {

struct MinutePast {
  std::int64_t time = 0;  // when it began, in seconds since the epoch
  std::uint64_t allowed = 0, refused = 0, unavailable = 0;
  std::uint64_t lookups = 0, known = 0;     // of tokens
  std::uint64_t answers = 0, failures = 0;  // of ZITADEL
  std::optional<double> p50{}, p95{};       // seconds to a decision, as exact as the buckets are
};

// Returns the minutes in which anything was counted, the oldest first.
[[nodiscard]] std::vector<MinutePast> last_hour(const auth::Metrics::Seen& seen,
                                                std::chrono::microseconds now);

}  // namespace fcgi
