// SPDX-License-Identifier: Apache-2.0
// Points in time as JSON has them (RFC 3339).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/base/clock.h"

namespace auth {

// Reads "2029-04-01T08:45:00Z", with or without a fraction, which is cut off, or with an offset
// instead of the Z. Returns nullopt for any other text, and for a day that no calendar has.
[[nodiscard]] std::optional<WallTime> parse_timestamp(std::string_view text) noexcept;

// The same, with the fraction cut to microseconds.
[[nodiscard]] std::optional<WallMicroseconds> parse_microseconds(std::string_view text) noexcept;

// "2029-04-01T08:45:00.000123Z". REQUIRES: a year of four digits.
[[nodiscard]] std::string to_timestamp(WallMicroseconds time);

}  // namespace auth
