// SPDX-License-Identifier: Apache-2.0
// Escapes text from outside for a log: nothing in it can end the line, forge another one, or
// command a terminal, and the line is UTF-8 whatever the text holds.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace auth {

enum class LogFormat {
  kText,  // invisible characters (utf8.h), and bytes that are no character, as \xNN or \uNNNN
  kJson,  // as in a JSON string (RFC 8259 §7); bytes that are no character as \\xNN
};

// Maximum number of bytes that one byte of text becomes.
constexpr std::size_t kMostShown = 6;

// The first character of a text, as it is shown.
struct Shown {
  std::array<char, kMostShown> bytes{};
  std::size_t size = 0;
  std::size_t taken = 0;  // bytes of the text that it shows

  [[nodiscard]] std::string_view text() const noexcept { return {bytes.data(), size}; }
};
// REQUIRES: the text is not empty.
[[nodiscard]] Shown show_first(std::string_view text, LogFormat format) noexcept;

// Returns the beginning of a text: `most` bytes at most, and no incomplete character at its end.
[[nodiscard]] std::string_view cut_to(std::string_view text, std::size_t most) noexcept;

// Appends the text to the line as a JSON string with its quotes. A longer text is cut to `most`
// bytes.
void append_json_string(std::string& line, std::string_view text,
                        std::size_t most = std::string::npos);

// Returns the text as a line of LogFormat::kText shows it, cut to `most` bytes.
[[nodiscard]] std::string shown_in_log(std::string_view text, std::size_t most = std::string::npos);

}  // namespace auth
