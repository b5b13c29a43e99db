// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/option_values.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "auth/base/text.h"
#include "auth/base/utf8.h"

namespace cli {
namespace {

using Checked = auth::Result<void, auth::Mistake>;

constexpr std::size_t kMaxNameCharacters = 200;
constexpr int kMaxKeyDays = 3650;

// ZITADEL accepts any character, but makes two roles of one at a comma and stalls at quotes.
Checked check_role(std::string_view key) {
  const bool good = std::all_of(key.begin(), key.end(), [](char byte) {
    return auth::is_letter_or_digit(byte) ||
           std::string_view("._:/-").find(byte) != std::string_view::npos;
  });
  if (!good) {
    return option_mistake("--role",
                          "may hold letters, digits and . _ : / - alone, for ZITADEL itself "
                          "stumbles over other characters; several roles: --role A --role B");
  }
  if (key.size() > kMaxNameCharacters) return option_mistake("--role", "is longer than 200");
  return {};
}

// ZITADEL treats keys that differ only in case as the same, and does not make the second one.
Checked check_spellings(const std::vector<std::string_view>& keys) {
  std::map<std::string, std::string_view> known;
  for (const std::string_view key : keys) {
    const auto [other, is_new] = known.emplace(auth::lower_case(key), key);
    if (is_new || other->second == key) continue;
    return option_mistake("--role", std::string(other->second) + " and " + std::string(key) +
                                        " differ in upper and lower case alone, which ZITADEL "
                                        "does not tell apart");
  }
  return {};
}

}  // namespace

Checked check_name(const Option& option) {
  const std::string_view name = option.value();
  const auto characters = static_cast<std::size_t>(
      std::count_if(name.begin(), name.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
  if (characters > kMaxNameCharacters) {
    return option_mistake(option.name, "is longer than 200 characters");
  }
  if (name.starts_with(' ') || name.ends_with(' ')) {
    return option_mistake(option.name, "begins or ends with a blank");
  }
  if (auth::has_control(name) || !auth::is_utf8(name)) {
    return option_mistake(option.name, "holds what is no character of a name");
  }
  return {};
}

Checked check_roles(const std::vector<std::string_view>& keys) {
  for (const std::string_view key : keys) {
    if (auto checked = check_role(key); !checked) return checked;
  }
  return check_spellings(keys);
}

auth::Result<int, auth::Mistake> days_of(const Option& option) {
  if (!option.given()) return 0;
  const std::string_view text = option.value();
  int days = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (code == std::errc() && end == text.data() + text.size() && days > 0 && days <= kMaxKeyDays) {
    return days;
  }
  return option_mistake(option.name, "is not a number of days from 1 to 3650");
}

}  // namespace cli
