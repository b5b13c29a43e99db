// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/freshness.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "auth/base/text.h"

namespace auth {
namespace {

using std::chrono::seconds;

std::optional<seconds> delta_seconds(std::string_view text) noexcept {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::int64_t count = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), count);
  // A number that is too great to be held counts as a great one (§1.2.2).
  if (end.ec == std::errc::result_out_of_range) return kMaxFreshness;
  return std::min(seconds(count), kMaxFreshness);
}

std::string_view cut_at(std::string_view& text, char separator) noexcept {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

}  // namespace

seconds Freshness::left(seconds least, seconds most) const noexcept {
  return std::clamp(std::min(max_age.value_or(most), most) - age, least, most);
}

seconds read_age(std::string_view value) noexcept {
  return delta_seconds(trimmed(cut_at(value, ','))).value_or(seconds(0));
}

std::optional<seconds> read_max_age(std::string_view value) noexcept {
  while (!value.empty()) {
    std::string_view directive = trimmed(cut_at(value, ','));
    const std::string_view name = cut_at(directive, '=');
    if (!equals_ignoring_case(name, "max-age")) continue;
    if (directive.size() >= 2 && directive.starts_with('"') && directive.ends_with('"')) {
      directive = directive.substr(1, directive.size() - 2);
    }
    if (const std::optional<seconds> found = delta_seconds(directive)) return found;
  }
  return std::nullopt;
}

}  // namespace auth
