// Points in time as JSON has them (RFC 3339).
#pragma once

#include <optional>
#include <string_view>

#include "auth/base/clock.h"

namespace auth {

// "2029-04-01T08:45:00Z", with or without a fraction, which is cut off, or with an offset instead
// of the Z. Nothing for any other text, nor for a day that no calendar has.
[[nodiscard]] std::optional<WallTime> parse_timestamp(std::string_view text) noexcept;

}  // namespace auth
