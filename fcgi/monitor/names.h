// SPDX-License-Identifier: Apache-2.0
// The words that stand in labels. They are fixed: no caller can add more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "auth/base/metrics_room.h"

namespace fcgi {

// The outcome of a request.
enum class Outcome : std::uint8_t {
  kAllowed,
  kUnauthenticated,  // 401
  kForbidden,        // 403, 405
  kBadRequest,       // any other 4xx
  kTooMany,          // 429
  kUnavailable,      // 5xx
  kNoEndpoint,       // 404, 405 or OPTIONS: nobody was asked to decide
  kPreflight,        // of CORS
  kEnd
};
static_assert(static_cast<std::size_t>(Outcome::kEnd) == auth::kDecisions);

[[nodiscard]] Outcome outcome_of(int status) noexcept;
[[nodiscard]] std::string_view name_of(Outcome outcome) noexcept;

// Returns the name of the auth::Reason at that place, or of auth::kNoReason: "no_token", "rule".
[[nodiscard]] std::string_view reason_name(std::size_t place) noexcept;

}  // namespace fcgi
