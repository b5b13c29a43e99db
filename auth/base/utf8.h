// SPDX-License-Identifier: Apache-2.0
// UTF-8, of which every character has one spelling only (RFC 3629 §4).
#pragma once

#include <cstddef>
#include <string_view>

namespace auth {

// Returns the size in bytes of the first character, 1 to 4; 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace auth
