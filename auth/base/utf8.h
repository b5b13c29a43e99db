// SPDX-License-Identifier: Apache-2.0
// UTF-8, of which every character has one spelling only (RFC 3629 §4).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auth {

// Returns the size in bytes of the first character, 1 to 4; 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

// Whether a character shows itself and does nothing else: what may end a line, command a terminal,
// turn the direction of the text around it, or hide in it does not. REQUIRES: one whole character.
[[nodiscard]] bool is_visible(std::string_view character) noexcept;

// The text with '?' in the place of each character that is not visible and of each byte that is no
// character: what a terminal may be sent of a text from outside.
[[nodiscard]] std::string visible_text(std::string_view text);

}  // namespace auth
