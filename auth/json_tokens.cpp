#include "auth/json_tokens.h"

#include <cstdint>

namespace auth {
namespace {

constexpr std::string_view kDigits = "0123456789";

// Each take_… removes one token from the front of the text; false: there is no such token.

bool take(std::string_view& text, std::string_view token) {
  if (!text.starts_with(token)) return false;
  text.remove_prefix(token.size());
  return true;
}

bool take_any(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool take_digits(std::string_view& text) {
  if (!take_any(text, kDigits)) return false;
  while (take_any(text, kDigits)) {
  }
  return true;
}

// RFC 8259 §6.
bool take_number(std::string_view& text) {
  take(text, "-");
  if (!take(text, "0") && !take_digits(text)) return false;
  if (take(text, ".") && !take_digits(text)) return false;
  if (!take_any(text, "eE")) return true;
  take_any(text, "+-");
  return take_digits(text);
}

// The four digits behind "\u".
std::optional<std::uint32_t> take_code_unit(std::string_view& text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t unit = 0;
  for (const char digit : text.substr(0, 4)) {
    const std::size_t value =
        std::string_view("0123456789abcdef")
            .find(digit >= 'A' && digit <= 'F' ? static_cast<char>(digit - 'A' + 'a') : digit);
    if (value == std::string_view::npos) return std::nullopt;
    unit = unit << 4 | static_cast<std::uint32_t>(value);
  }
  text.remove_prefix(4);
  return unit;
}

// Which code units an escape may name: those that make text, or all of RFC 8259 §7.
enum class Units { kText, kAny };

// What stands behind a backslash.
bool take_escape(std::string_view& text, Units units) {
  if (take_any(text, "\"\\/bfnrt")) return true;
  if (!take(text, "u")) return false;
  const std::optional<std::uint32_t> unit = take_code_unit(text);
  if (!unit || units == Units::kAny) return unit.has_value();
  if (*unit == 0) return false;
  if (*unit < 0xd800 || *unit > 0xdfff) return true;
  if (*unit > 0xdbff || !take(text, "\\u")) return false;
  const std::optional<std::uint32_t> low = take_code_unit(text);
  return low && *low >= 0xdc00 && *low <= 0xdfff;
}

// One code point in its only spelling (RFC 3629 §4): the table's row by the first byte.
bool take_utf8(std::string_view& text) {
  struct Row {
    unsigned char first, last, second_first, second_last;
    std::size_t size;
  };
  static constexpr Row kRows[] = {
      {0x20, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
      {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
      {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
  };
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (const Row& row : kRows) {
    if (byte(0) < row.first || byte(0) > row.last) continue;
    if (text.size() < row.size) return false;
    if (row.size > 1 && (byte(1) < row.second_first || byte(1) > row.second_last)) return false;
    for (std::size_t i = 2; i < row.size; ++i) {
      if (byte(i) < 0x80 || byte(i) > 0xbf) return false;
    }
    text.remove_prefix(row.size);
    return true;
  }
  return false;
}

bool take_string(std::string_view& text, Units units) {
  if (!take(text, "\"")) return false;
  while (!text.empty()) {
    if (take(text, "\"")) return true;
    if (take(text, "\\") ? !take_escape(text, units) : !take_utf8(text)) return false;
  }
  return false;
}

bool take_scalar(std::string_view& text, Units units) {
  return take(text, "true") || take(text, "false") || take(text, "null") ||
         (text.starts_with('"') ? take_string(text, units) : take_number(text));
}

}  // namespace

std::optional<std::size_t> count_json_colons(std::string_view text) noexcept {
  std::size_t colons = 0;
  bool after_value = false;
  while (!text.empty()) {
    const bool colon = text[0] == ':';
    if (take_any(text, "{}[],: \t\n\r")) {
      colons += colon ? 1 : 0;
      after_value = false;
    } else if (!after_value && take_scalar(text, Units::kText)) {
      after_value = true;
    } else {
      return std::nullopt;
    }
  }
  return colons;
}

bool take_json_string(std::string_view& text) noexcept { return take_string(text, Units::kAny); }

bool take_json_scalar(std::string_view& text) noexcept { return take_scalar(text, Units::kAny); }

}  // namespace auth
