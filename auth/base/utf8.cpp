// SPDX-License-Identifier: Apache-2.0
#include "auth/base/utf8.h"

#include <algorithm>
#include <iterator>

#include "auth/base/text.h"

namespace auth {
namespace {

// The table of RFC 3629 §4, by the first byte. The third and the fourth are 0x80 to 0xbf.
struct Row {
  unsigned char first, last, second_first, second_last;
  std::size_t size;
};
constexpr Row kRows[] = {
    {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

// Invisible characters: C1, which some terminals obey; marks of direction, and characters that show
// nothing; separators of lines; annotations. The characters of a range have the same length.
struct Range {
  std::string_view first, last;
};
constexpr Range kInvisible[] = {{"\xc2\x80", "\xc2\x9f"},         {"\xd8\x9c", "\xd8\x9c"},
                                {"\xe2\x80\x8b", "\xe2\x80\x8f"}, {"\xe2\x80\xa8", "\xe2\x80\xae"},
                                {"\xe2\x81\xa0", "\xe2\x81\xaf"}, {"\xef\xbb\xbf", "\xef\xbb\xbf"},
                                {"\xef\xbf\xb9", "\xef\xbf\xbb"}};

bool is_within(char byte, unsigned char first, unsigned char last) noexcept {
  const auto code = static_cast<unsigned char>(byte);
  return code >= first && code <= last;
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  for (const Row& row : kRows) {
    if (!is_within(text[0], row.first, row.last)) continue;
    if (text.size() < row.size) return 0;
    if (row.size > 1 && !is_within(text[1], row.second_first, row.second_last)) return 0;
    for (std::size_t i = 2; i < row.size; ++i) {
      if (!is_within(text[i], 0x80, 0xbf)) return 0;
    }
    return row.size;
  }
  return 0;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_visible(std::string_view character) noexcept {
  if (character.size() == 1) return !is_control(character[0]);
  return std::none_of(std::begin(kInvisible), std::end(kInvisible), [&](const Range& range) {
    return character.size() == range.first.size() && character >= range.first &&
           character <= range.last;
  });
}

std::string visible_text(std::string_view text) {
  std::string visible;
  visible.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max(length, std::size_t{1}));
    visible += length > 0 && is_visible(character) ? character : "?";
    text.remove_prefix(character.size());
  }
  return visible;
}

}  // namespace auth
