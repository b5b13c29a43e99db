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

// Returns whether a character is shown and does nothing else: false for one that may end a line,
// command a terminal, turn the direction of the text around it, or hide in the text.
// REQUIRES: one whole character.
[[nodiscard]] bool is_visible(std::string_view character) noexcept;

// Returns the text with '?' in the place of each character that is not visible and of each byte
// that is no character: so a text from outside may be sent to a terminal.
[[nodiscard]] std::string visible_text(std::string_view text);

}  // namespace auth
