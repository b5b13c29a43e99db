// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_text.h"

#include <algorithm>
#include <initializer_list>

#include "auth/base/utf8.h"

namespace auth {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void put(Shown& shown, std::initializer_list<char> bytes) noexcept {
  for (const char byte : bytes) shown.bytes[shown.size++] = byte;
}

char high_digit(char byte) noexcept { return kHexDigits[static_cast<unsigned char>(byte) >> 4]; }
char low_digit(char byte) noexcept { return kHexDigits[static_cast<unsigned char>(byte) & 0xf]; }

bool is_plain(std::string_view character, LogFormat format) noexcept {
  const char first = character[0];
  return is_visible(character) && (format == LogFormat::kText || (first != '"' && first != '\\'));
}

// Returns the code point of a character of up to three bytes: no invisible one has more.
unsigned code_of(std::string_view character) noexcept {
  const auto low_bits = [&](std::size_t at, unsigned mask) {
    return static_cast<unsigned char>(character[at]) & mask;
  };
  if (character.size() == 1) return low_bits(0, 0x7f);
  if (character.size() == 2) return low_bits(0, 0x1f) << 6 | low_bits(1, 0x3f);
  return low_bits(0, 0x0f) << 12 | low_bits(1, 0x3f) << 6 | low_bits(2, 0x3f);
}

// Escapes a character that is not visible, or '"' or '\\'.
void put_escaped(Shown& shown, std::string_view character, LogFormat format) noexcept {
  const unsigned code = code_of(character);
  const char high = static_cast<char>(code >> 8), low = static_cast<char>(code & 0xff);
  if (format == LogFormat::kText && high == 0) {
    put(shown, {'\\', 'x', high_digit(low), low_digit(low)});
  } else if (code == '"' || code == '\\') {
    put(shown, {'\\', low});
  } else {
    put(shown, {'\\', 'u', high_digit(high), low_digit(high), high_digit(low), low_digit(low)});
  }
}

// The bytes of ASCII that stay as they are.
constexpr std::array<bool, 256> plain_bytes(LogFormat format) noexcept {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte <= 0x7e; ++byte) plain[byte] = true;
  plain['"'] = plain['\\'] = format == LogFormat::kText;
  return plain;
}

// Returns the beginning of the text that stays as it is: nearly always all of it.
std::string_view plain_run(std::string_view text, LogFormat format) noexcept {
  static constexpr auto kInText = plain_bytes(LogFormat::kText);
  static constexpr auto kInJson = plain_bytes(LogFormat::kJson);
  const auto& plain = format == LogFormat::kText ? kInText : kInJson;
  const auto* const end = std::find_if_not(text.begin(), text.end(), [&plain](char byte) {
    return plain[static_cast<unsigned char>(byte)];
  });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

template <typename Put>
void for_each_shown(std::string_view text, LogFormat format, Put put) {
  while (!text.empty()) {
    const std::string_view plain = plain_run(text, format);
    put(plain);
    text.remove_prefix(plain.size());
    if (text.empty()) return;
    const Shown first = show_first(text, format);
    put(first.text());
    text.remove_prefix(first.taken);
  }
}

}  // namespace

Shown show_first(std::string_view text, LogFormat format) noexcept {
  Shown shown;
  const std::size_t length = utf8_length(text);
  shown.taken = std::max<std::size_t>(length, 1);
  const std::string_view character = text.substr(0, shown.taken);
  if (length == 0) {
    if (format == LogFormat::kJson) put(shown, {'\\'});
    put(shown, {'\\', 'x', high_digit(text[0]), low_digit(text[0])});
  } else if (is_plain(character, format)) {
    for (const char byte : character) put(shown, {byte});
  } else {
    put_escaped(shown, character, format);
  }
  return shown;
}

std::string_view cut_to(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  constexpr std::size_t kLongest = 4;
  for (std::size_t back = 1; back < kLongest && back <= most; ++back) {
    const std::size_t begin = most - back;
    if (utf8_length(text.substr(begin)) > back) return text.substr(0, begin);
  }
  return text.substr(0, most);
}

void append_json_string(std::string& line, std::string_view text, std::size_t most) {
  line.push_back('"');
  for_each_shown(cut_to(text, most), LogFormat::kJson,
                 [&](std::string_view piece) { line.append(piece); });
  line.push_back('"');
}

std::string shown_in_log(std::string_view text, std::size_t most) {
  std::string line;
  for_each_shown(cut_to(text, most), LogFormat::kText,
                 [&](std::string_view piece) { line.append(piece); });
  return line;
}

}  // namespace auth
