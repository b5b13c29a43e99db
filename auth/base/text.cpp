// SPDX-License-Identifier: Apache-2.0
#include "auth/base/text.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace auth {
namespace {

template <typename Change>
std::string changed(std::string_view text, Change change) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), change);
  return out;
}

}  // namespace

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), is_control);
}

std::string lower_case(std::string_view text) {
  return changed(text, [](char byte) { return lower_case(byte); });
}

std::string upper_case(std::string_view text) {
  return changed(text, [](char byte) { return upper_case(byte); });
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_case(x) == lower_case(y); });
}

std::string_view trimmed(std::string_view text, std::string_view blanks) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.empty()) return words;
    const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<HostAndPort> split_host_and_port(std::string_view text) noexcept {
  HostAndPort parts;
  parts.bracketed = text.starts_with('[');
  const std::size_t end = std::min(text.find(parts.bracketed ? ']' : ':'), text.size());
  if (parts.bracketed && end == text.size()) return std::nullopt;
  parts.host = parts.bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  text.remove_prefix(parts.bracketed ? end + 1 : end);
  if (text.empty()) return parts;
  if (text[0] != ':') return std::nullopt;
  parts.port = text.substr(1);
  return parts;
}

std::optional<std::uint16_t> port_number(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [read, problem] = std::from_chars(text.data(), end, port);
  if (problem != std::errc() || read != end || port == 0) return std::nullopt;
  return port;
}

}  // namespace auth
