// SPDX-License-Identifier: Apache-2.0
// How text from outside is shown in a log: nothing in it can end the line, forge another one, or
// command a terminal, and the line is UTF-8 whatever it holds.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace auth {

enum class LogFormat {
  kText,  // what is not visible (utf8.h), and bytes that are no character, as \xNN or \uNNNN
  kJson,  // as in a JSON string (RFC 8259 §7); what is no character as \\xNN
};

// The longest that one byte of text becomes.
constexpr std::size_t kMostShown = 6;

// The first character of a text, as it is shown.
struct Shown {
  std::array<char, kMostShown> bytes{};
  std::size_t size = 0;
  std::size_t taken = 0;  // how much of the text it was

  [[nodiscard]] std::string_view text() const noexcept { return {bytes.data(), size}; }
};
// REQUIRES: the text is not empty.
[[nodiscard]] Shown show_first(std::string_view text, LogFormat format) noexcept;

// The first bytes of a text, at most so many, and no part of a character.
[[nodiscard]] std::string_view cut_to(std::string_view text, std::size_t most) noexcept;

// Writes a JSON string, with its quotes, behind what the line holds. Of a longer text the first
// `most` bytes.
void append_json_string(std::string& line, std::string_view text,
                        std::size_t most = std::string::npos);

// As in a line of text.
[[nodiscard]] std::string shown_in_log(std::string_view text, std::size_t most = std::string::npos);

}  // namespace auth
