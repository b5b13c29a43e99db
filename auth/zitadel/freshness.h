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
  std::chrono::seconds age{0};  // since the server wrote it; caches may lie between
  std::optional<std::chrono::seconds> max_age{};  // as the server says

  // For how long it is still to be used, counted from the question, where the server says nothing
  // or more than `most`; at least `least`, so that nobody is asked without end.
  [[nodiscard]] std::chrono::seconds left(std::chrono::seconds least,
                                          std::chrono::seconds most) const noexcept;
};

// The value of a header Age (§5.1); zero where it is none.
[[nodiscard]] std::chrono::seconds read_age(std::string_view value) noexcept;

// max-age in the value of a header Cache-Control (§5.2.2.1), if there is one.
[[nodiscard]] std::optional<std::chrono::seconds> read_max_age(std::string_view value) noexcept;

}  // namespace auth
