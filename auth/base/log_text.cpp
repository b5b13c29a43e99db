// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_text.h"

#include <algorithm>
#include <initializer_list>

#include "auth/base/text.h"
#include "auth/base/utf8.h"

namespace auth {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void put(Shown& shown, std::initializer_list<char> bytes) noexcept {
  for (const char byte : bytes) shown.bytes[shown.size++] = byte;
}

char high_digit(char byte) noexcept { return kHexDigits[static_cast<unsigned char>(byte) >> 4]; }
char low_digit(char byte) noexcept { return kHexDigits[static_cast<unsigned char>(byte) & 0xf]; }

// U+0080 to U+009F: some terminals take them for commands, too.
bool is_c1(std::string_view character) noexcept {
  return character.size() == 2 && character[0] == '\xc2' && character[1] < '\xa0';
}

bool is_plain(std::string_view character, LogFormat format) noexcept {
  const char first = character[0];
  if (is_control(first) || is_c1(character)) return false;
  return format == LogFormat::kText || (first != '"' && first != '\\');
}

// A control character of one byte, '"' or '\\', or the last byte of one of C1, which is its code.
void put_escaped(Shown& shown, char byte, LogFormat format) noexcept {
  if (format == LogFormat::kText) {
    put(shown, {'\\', 'x', high_digit(byte), low_digit(byte)});
  } else if (byte == '"' || byte == '\\') {
    put(shown, {'\\', byte});
  } else {
    put(shown, {'\\', 'u', '0', '0', high_digit(byte), low_digit(byte)});
  }
}

// What of the text stays as it is, from its beginning: nearly always all of it.
std::string_view plain_run(std::string_view text, LogFormat format) noexcept {
  const auto is_special = [format](char byte) {
    return byte < 0x20 || byte > 0x7e ||
           (format == LogFormat::kJson && (byte == '"' || byte == '\\'));
  };
  const auto* const end = std::find_if(text.begin(), text.end(), is_special);
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
    put_escaped(shown, character.back(), format);
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

std::string json_string(std::string_view text, std::size_t most) {
  std::string quoted = "\"";
  for_each_shown(cut_to(text, most), LogFormat::kJson,
                 [&](std::string_view piece) { quoted.append(piece); });
  quoted.push_back('"');
  return quoted;
}

std::string shown_in_log(std::string_view text, std::size_t most) {
  std::string line;
  for_each_shown(cut_to(text, most), LogFormat::kText,
                 [&](std::string_view piece) { line.append(piece); });
  return line;
}

}  // namespace auth
