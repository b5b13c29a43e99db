// SPDX-License-Identifier: Apache-2.0
#include "auth/base/json_tokens.h"

#include <algorithm>
#include <cstdint>

#include "auth/base/text.h"
#include "auth/base/utf8.h"

namespace auth {
namespace {

constexpr std::string_view kDigits = "0123456789";

// Each take_… removes one token from the front of the text. Returns false if it is not there.

bool take(std::string_view& text, std::string_view token) {
  if (!text.starts_with(token)) return false;
  text.remove_prefix(token.size());
  return true;
}

bool take(std::string_view& text, char token) {
  if (text.empty() || text[0] != token) return false;
  text.remove_prefix(1);
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
  take(text, '-');
  if (!take(text, '0') && !take_digits(text)) return false;
  if (take(text, '.') && !take_digits(text)) return false;
  if (!take_any(text, "eE")) return true;
  take_any(text, "+-");
  return take_digits(text);
}

// The four digits behind "\u".
std::optional<std::uint32_t> take_code_unit(std::string_view& text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t unit = 0;
  for (const char digit : text.substr(0, 4)) {
    const int value = hex_value(digit);
    if (value < 0) return std::nullopt;
    unit = unit << 4 | static_cast<std::uint32_t>(value);
  }
  text.remove_prefix(4);
  return unit;
}

// Code units that an escape may name: those that make text, or all of RFC 8259 §7.
enum class Units { kText, kAny };

// Takes the rest of an escape, after its backslash.
bool take_escape(std::string_view& text, Units units) {
  if (take_any(text, "\"\\/bfnrt")) return true;
  if (!take(text, 'u')) return false;
  const std::optional<std::uint32_t> unit = take_code_unit(text);
  if (!unit || units == Units::kAny) return unit.has_value();
  if (*unit == 0) return false;
  if (*unit < 0xd800 || *unit > 0xdfff) return true;
  if (*unit > 0xdbff || !take(text, "\\u")) return false;
  const std::optional<std::uint32_t> low = take_code_unit(text);
  return low && *low >= 0xdc00 && *low <= 0xdfff;
}

// One character that need not be escaped.
bool take_character(std::string_view& text) {
  const std::size_t length = utf8_length(text);
  if (length == 0 || static_cast<unsigned char>(text[0]) < 0x20) return false;
  text.remove_prefix(length);
  return true;
}

// Skips visible ASCII and blanks, except characters that end a string or begin an escape. Most of
// an answer consists of these.
void skip_plain(std::string_view& text) {
  const auto* const end = std::find_if(text.begin(), text.end(), [](char byte) {
    return byte < ' ' || byte > '~' || byte == '"' || byte == '\\';
  });
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
}

bool take_string(std::string_view& text, Units units) {
  if (!take(text, '"')) return false;
  for (skip_plain(text); !text.empty(); skip_plain(text)) {
    if (take(text, '"')) return true;
    if (take(text, '\\') ? !take_escape(text, units) : !take_character(text)) return false;
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
