// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/path_segment.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "auth/base/percent.h"
#include "auth/base/text.h"
#include "auth/base/utf8.h"

namespace fcgi {
namespace {

// A character and what programs take it for.
struct Spelling {
  std::string_view character;
  std::string_view plain;
};

// Characters that become slashes by compatibility (Unicode's NFKC), or when Windows converts them
// to another code page.
constexpr Spelling kSlashes[] = {
    {"\\", "/"},           {"\xe2\x81\x84", "/"},  // U+2044 fraction slash
    {"\xe2\x88\x95", "/"},                         // U+2215 division slash
    {"\xef\xb9\xa8", "/"},                         // U+FE68 small backslash
    {"\xef\xbc\x8f", "/"},                         // U+FF0F fullwidth solidus
    {"\xef\xbc\xbc", "/"},                         // U+FF3C fullwidth backslash
};
// Characters that may become dots or vanish. Within a name they are not replaced: file names of
// several languages have them.
constexpr Spelling kDots[] = {
    {" ", ""},
    {".", "."},
    {"\xe2\x80\xa4", "."},   // U+2024 one dot leader
    {"\xe2\x80\xa5", ".."},  // U+2025 two dot leader
    {"\xef\xb9\x92", "."},   // U+FE52 small full stop
    {"\xef\xbc\x8e", "."},   // U+FF0E fullwidth full stop
};
// The letters that one of Unicode's case mappings turns into letters of ASCII alone.
constexpr Spelling kLetters[] = {
    {"\xc3\x9f", "ss"},       // U+00DF sharp s
    {"\xc4\xb0", "i"},        // U+0130 I with dot above
    {"\xc4\xb1", "i"},        // U+0131 dotless i
    {"\xc5\xbf", "s"},        // U+017F long s
    {"\xe1\xba\x9e", "ss"},   // U+1E9E capital sharp s
    {"\xe2\x84\xaa", "k"},    // U+212A Kelvin sign
    {"\xef\xac\x80", "ff"},   // U+FB00 to U+FB06: ligatures
    {"\xef\xac\x81", "fi"},   //
    {"\xef\xac\x82", "fl"},   //
    {"\xef\xac\x83", "ffi"},  //
    {"\xef\xac\x84", "ffl"},  //
    {"\xef\xac\x85", "st"},   //
    {"\xef\xac\x86", "st"},   //
};

template <std::size_t kSize>
const Spelling* spelling_at(const Spelling (&table)[kSize], std::string_view text) noexcept {
  const auto* const found =
      std::find_if(std::begin(table), std::end(table),
                   [text](const Spelling& each) { return text.starts_with(each.character); });
  return found == std::end(table) ? nullptr : found;
}

template <std::size_t kSize>
std::string replaced(const Spelling (&table)[kSize], std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Spelling* const found = spelling_at(table, text);
    out.append(found != nullptr ? found->plain : text.substr(0, 1));
    text.remove_prefix(found != nullptr ? found->character.size() : 1);
  }
  return out;
}

// Whether the test holds for the text that begins with one of the '%'.
template <typename Test>
bool any_encoding(std::string_view text, Test test) noexcept {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    if (test(text.substr(at))) return true;
  }
  return false;
}

// Whether the text begins with "%uXXXX", as Microsoft and JavaScript's old unescape decode it.
bool begins_wide_encoding(std::string_view text) noexcept {
  const std::string_view code = text.substr(1, 5);
  return code.size() == 5 && auth::lower_case(code[0]) == 'u' &&
         std::all_of(code.begin() + 1, code.end(), [](char c) { return auth::hex_value(c) >= 0; });
}

std::string_view without_parameters(std::string_view segment) noexcept {
  return segment.substr(0, segment.find_first_of(";?#"));
}

}  // namespace

std::string decoded_leniently(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::optional<char> byte = auth::percent_byte(text);
    out.push_back(byte.value_or(text[0]));
    text.remove_prefix(byte ? 3 : 1);
  }
  return out;
}

std::optional<std::string> decoded(std::string_view segment) {
  const bool refused = any_encoding(segment, [](std::string_view text) {
    const std::optional<char> byte = auth::percent_byte(text);
    return !byte || byte == '/';
  });
  if (refused) return std::nullopt;
  return decoded_leniently(segment);
}

bool is_clean(std::string_view segment) noexcept {
  return auth::is_utf8(segment) && std::none_of(segment.begin(), segment.end(), [](char byte) {
           return auth::is_control(byte) || byte == '\\';
         });
}

bool is_encoded_needlessly(std::string_view segment) noexcept {
  return any_encoding(segment, [](std::string_view text) {
    const std::optional<char> byte = auth::percent_byte(text);
    return byte && (auth::is_letter_or_digit(*byte) || byte == '-' || byte == '.' || byte == '_');
  });
}

std::optional<std::string> decoded_further(std::string_view segment, Case letters) {
  std::string text(segment);
  for (std::size_t decodings = 1; decodings <= kMaxDecodings; ++decodings) {
    if (any_encoding(text, begins_wide_encoding)) return std::nullopt;
    std::string more = replaced(kSlashes, decoded_leniently(text));
    if (letters == Case::kIgnored) more = replaced(kLetters, more);
    if (std::any_of(more.begin(), more.end(), auth::is_control)) return std::nullopt;
    if (more == text) return text;
    text = std::move(more);
  }
  return std::nullopt;
}

std::string_view core_of(std::string_view segment) noexcept {
  const std::string_view name = without_parameters(segment);
  return name.substr(0, name.find_last_not_of(". ") + 1);
}

bool seems_to_have_port(std::string_view segment) noexcept {
  constexpr std::size_t kMaxDigits = 5;
  const std::size_t colon = segment.find(':');
  if (colon == segment.npos) return false;
  std::string_view rest = segment.substr(colon + 1);
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (digits == 0 || digits > kMaxDigits) return false;
  rest.remove_prefix(digits);
  rest.remove_prefix(std::min(rest.find_first_not_of(". "), rest.size()));
  return without_parameters(rest).empty() || spelling_at(kSlashes, rest) != nullptr;
}

bool names_stream(std::string_view segment) noexcept {
  for (std::size_t at = segment.find(":$"); at != segment.npos; at = segment.find(":$", at + 1)) {
    const std::string_view type = segment.substr(at + 2, 1);
    if (!type.empty() && auth::lower_case(type[0]) >= 'a' && auth::lower_case(type[0]) <= 'z')
      return true;
  }
  return false;
}

bool may_be_dots(std::string_view segment) noexcept {
  std::size_t dots = 0;
  for (std::string_view rest = without_parameters(segment); !rest.empty();) {
    const Spelling* const found = spelling_at(kDots, rest);
    if (found == nullptr) return false;
    dots += found->plain.size();
    rest.remove_prefix(found->character.size());
  }
  return dots == 1 || dots == 2;
}

}  // namespace fcgi
