// SPDX-License-Identifier: Apache-2.0
// Freshness: how long an answer of HTTP may be used (RFC 9111).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace auth {

// Longer times count as this one.
constexpr std::chrono::seconds kMaxFreshness{365 * 24 * 3600};

struct Freshness {
  std::chrono::seconds age{0};  // since the server wrote it; a cache may have kept it
  std::optional<std::chrono::seconds> max_age{};  // as the server says

  // Returns how long the answer may still be used, counted from the question. `most` is the limit,
  // also if the server says nothing; at least `least`, so that nobody is asked without end.
  [[nodiscard]] std::chrono::seconds left(std::chrono::seconds least,
                                          std::chrono::seconds most) const noexcept;
};

// Returns the value of a header Age (§5.1); zero if it is not a number.
[[nodiscard]] std::chrono::seconds read_age(std::string_view value) noexcept;

// Returns max-age in the value of a header Cache-Control (§5.2.2.1); nullopt if there is none.
[[nodiscard]] std::optional<std::chrono::seconds> read_max_age(std::string_view value) noexcept;

}  // namespace auth
