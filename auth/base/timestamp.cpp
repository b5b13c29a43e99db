// SPDX-License-Identifier: Apache-2.0
#include "auth/base/timestamp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <system_error>

namespace auth {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kDigits = "0123456789";

// Each take_… removes something from the front of the text. Returns false if it is not there.

bool take(std::string_view& text, char letter) noexcept {
  if (!text.starts_with(letter)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_number(std::string_view& text, std::size_t digits, int most, int& number) noexcept {
  const std::string_view part = text.substr(0, digits);
  if (part.size() != digits || part.find_first_not_of(kDigits) != part.npos) return false;
  static_cast<void>(std::from_chars(part.data(), part.data() + part.size(), number));
  text.remove_prefix(digits);
  return number <= most;
}

bool take_fraction(std::string_view& text, microseconds& fraction) noexcept {
  if (!take(text, '.')) return true;
  const std::size_t end = std::min(text.find_first_not_of(kDigits), text.size());
  microseconds worth{100'000};  // of the next digit
  for (std::size_t i = 0; i < end; ++i, worth /= 10) fraction += (text[i] - '0') * worth;
  text.remove_prefix(end);
  return end > 0;
}

// Takes the time by which the local time is ahead of UTC.
bool take_offset(std::string_view& text, seconds& offset) noexcept {
  if (take(text, 'Z') || take(text, 'z')) return true;
  const bool behind = text.starts_with('-');
  int hour = 0, minute = 0;
  if (!take(text, '+') && !take(text, '-')) return false;
  if (!take_number(text, 2, 23, hour) || !take(text, ':')) return false;
  if (!take_number(text, 2, 59, minute)) return false;
  offset = hours(hour) + minutes(minute);
  if (behind) offset = -offset;
  return true;
}

}  // namespace

std::optional<WallMicroseconds> parse_microseconds(std::string_view text) noexcept {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take_number(text, 4, 9999, year) || !take(text, '-') || !take_number(text, 2, 12, month) ||
      !take(text, '-') || !take_number(text, 2, 31, day)) {
    return std::nullopt;
  }
  if (!take(text, 'T') && !take(text, 't')) return std::nullopt;
  if (!take_number(text, 2, 23, hour) || !take(text, ':') || !take_number(text, 2, 59, minute) ||
      !take(text, ':') || !take_number(text, 2, 60, second)) {
    return std::nullopt;
  }
  microseconds fraction{0};
  seconds offset{0};
  if (!take_fraction(text, fraction) || !take_offset(text, offset) || !text.empty())
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - offset +
         fraction;
}

std::optional<WallTime> parse_timestamp(std::string_view text) noexcept {
  const auto time = parse_microseconds(text);
  return time ? std::optional(std::chrono::floor<seconds>(*time)) : std::nullopt;
}

std::string to_timestamp(WallMicroseconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss part(time - day);
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(part.hours().count()),
      static_cast<int>(part.minutes().count()), static_cast<int>(part.seconds().count()),
      static_cast<int>(part.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace auth
