// SPDX-License-Identifier: Apache-2.0
// Characters and words of ASCII, whatever the locale. UTF-8 is in utf8.h, %XX in percent.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auth {

// Returns whether the byte is of C0 or DEL: these may end a line or command a terminal.
[[nodiscard]] constexpr bool is_control(char byte) noexcept {
  const auto code = static_cast<unsigned char>(byte);
  return code < 0x20 || code == 0x7f;
}

[[nodiscard]] bool has_control(std::string_view text) noexcept;

[[nodiscard]] constexpr bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
[[nodiscard]] constexpr bool is_upper(char byte) noexcept { return byte >= 'A' && byte <= 'Z'; }
[[nodiscard]] constexpr bool is_lower(char byte) noexcept { return byte >= 'a' && byte <= 'z'; }
[[nodiscard]] constexpr bool is_letter_or_digit(char byte) noexcept {
  return is_lower(byte) || is_upper(byte) || is_digit(byte);
}

[[nodiscard]] constexpr char lower_case(char byte) noexcept {
  return is_upper(byte) ? static_cast<char>(byte - 'A' + 'a') : byte;
}
[[nodiscard]] constexpr char upper_case(char byte) noexcept {
  return is_lower(byte) ? static_cast<char>(byte - 'a' + 'A') : byte;
}
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

// The value of a hexadecimal digit of either case; -1 for any other character.
[[nodiscard]] constexpr int hex_value(char digit) noexcept {
  if (is_digit(digit)) return digit - '0';
  const char lower = lower_case(digit);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Returns the text without the blanks at both ends, as a view into it.
[[nodiscard]] std::string_view trimmed(std::string_view text,
                                       std::string_view blanks = " \t") noexcept;

// Returns the words between blanks and tabs, in order. The views are into the text.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

// The parts of HOST[:PORT] in a URL (RFC 3986 §3.2), as views into the text. Neither part has been
// checked, and either may be empty.
struct HostAndPort {
  std::string_view host{};                 // without its brackets
  bool bracketed = false;                  // "[::1]"
  std::optional<std::string_view> port{};  // behind the colon, if there is one
};
// Returns nullopt for a '[' without its ']', and for anything but a colon behind the bracket.
[[nodiscard]] std::optional<HostAndPort> split_host_and_port(std::string_view text) noexcept;

// Returns nullopt for what is not a decimal number from 1 to 65535.
[[nodiscard]] std::optional<std::uint16_t> port_number(std::string_view text) noexcept;

}  // namespace auth
