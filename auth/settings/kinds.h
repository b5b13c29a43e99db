// SPDX-License-Identifier: Apache-2.0
// The kinds of settings: how a value of each is read, what may be written, and the default.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "auth/base/result.h"
#include "auth/settings/settings.h"
#include "auth/settings/sources.h"

namespace auth {

struct SettingKind {
  // Checks the value and stores it in the settings. The mistake follows the setting's name: "is not
  // a whole number of seconds from 0 to 3600". It contains nothing of the value, except perhaps a
  // path or what to write instead.
  Result<void, Mistake> (*read)(const FoundSetting& found, Settings& settings);
  std::string (*values)();  // returns the allowed values: "seconds, 0 to 3600"
  // Returns the value in Settings if nothing is set; empty if the default needs words.
  std::string (*default_value)(const Settings& settings);
};

namespace setting_kinds {

using Checked = Result<void, Mistake>;

// Returns the path that a setting names, with its folder in front if it is relative. The mistake
// says why the text is no path; it follows the setting's name.
[[nodiscard]] Result<std::string, Mistake> path_of(const FoundSetting& found);

inline constexpr std::string_view kMilliseconds = "milliseconds", kSeconds = "seconds",
                                  kBytes = "bytes", kCount = "";

inline std::string counted(std::uint64_t value) { return std::to_string(value); }
template <typename Period>
std::string counted(std::chrono::duration<std::int64_t, Period> value) {
  return std::to_string(value.count());
}

template <auto Member, std::uint64_t Least, std::uint64_t Most, const auto& kUnit = kCount>
constexpr SettingKind number{
    [](const FoundSetting& found, Settings& settings) -> Checked {
      const std::string_view text = found.value.reveal();
      std::uint64_t value = 0;
      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (code != std::errc() || end != text.data() + text.size() || value < Least ||
          value > Most) {
        return Mistake{"is not a whole number" +
                       (kUnit.empty() ? "" : " of " + std::string(kUnit)) + " from " +
                       std::to_string(Least) + " to " + std::to_string(Most)};
      }
      using Number = std::remove_reference_t<decltype(settings.*Member)>;
      settings.*Member = Number(value);
      return {};
    },
    [] {
      return std::string(kUnit.empty() ? "number" : kUnit) + ", " + std::to_string(Least) + " to " +
             std::to_string(Most);
    },
    [](const Settings& settings) { return counted(settings.*Member); }};

inline constexpr std::pair<std::string_view, LogLevel> kLogLevels[] = {{"error", LogLevel::kError},
                                                                       {"warn", LogLevel::kWarn},
                                                                       {"info", LogLevel::kInfo},
                                                                       {"debug", LogLevel::kDebug}};
inline constexpr std::pair<std::string_view, LogFormat> kLogFormats[] = {
    {"text", LogFormat::kText}, {"json", LogFormat::kJson}};
inline constexpr std::pair<std::string_view, Validation> kValidations[] = {
    {"introspection", Validation::kIntrospection},
    {"jwt", Validation::kJwt},
    {"jwt-or-introspection", Validation::kJwtOrIntrospection}};
inline constexpr std::pair<std::string_view, GraceWhen> kGraceWhen[] = {
    {"unreachable", GraceWhen::kUnreachable}, {"failing", GraceWhen::kFailing}};
inline constexpr std::pair<std::string_view, Mode> kModes[] = {{"enforce", Mode::kEnforce},
                                                               {"report", Mode::kReport}};
inline constexpr std::pair<std::string_view, bool> kSwitch[] = {
    {"on", true}, {"off", false}, {"1", true}, {"0", false}};

// Returns the names of the choices: "a, b<last>c".
template <const auto& kChoices>
std::string names_of(std::string_view last) {
  std::string names;
  for (const auto& each : kChoices) {
    if (!names.empty()) names += &each == std::end(kChoices) - 1 ? last : ", ";
    names += each.first;
  }
  return names;
}

// A setting whose value is one of several words.
template <auto Member, const auto& kChoices>
constexpr SettingKind choice{[](const FoundSetting& found, Settings& settings) -> Checked {
                               for (const auto& each : kChoices) {
                                 if (each.first == found.value.reveal()) {
                                   settings.*Member = each.second;
                                   return {};
                                 }
                               }
                               return Mistake{"is not one of " + names_of<kChoices>(" and ")};
                             },
                             [] { return names_of<kChoices>(" or "); },
                             [](const Settings& settings) {
                               const auto* const found = std::find_if(
                                   std::begin(kChoices), std::end(kChoices), [&](const auto& each) {
                                     return each.second == settings.*Member;
                                   });
                               return std::string(found->first);
                             }};

// A setting whose value has only characters from Least to '~'.
template <auto Member, char Least>
constexpr SettingKind ascii{
    [](const FoundSetting& found, Settings& settings) -> Checked {
      const std::string_view text = found.value.reveal();
      const bool good = std::all_of(text.begin(), text.end(),
                                    [](char byte) { return byte >= Least && byte <= '~'; });
      if (!good) {
        return Mistake{Least == ' '
                           ? "holds a character that is not ASCII: write it without"
                           : "holds a blank or a character that is not ASCII: write it without"};
      }
      settings.*Member = text;
      return {};
    },
    [] { return std::string("text"); }, [](const Settings& settings) { return settings.*Member; }};

inline constexpr const SettingKind& max_token_bytes =
    number<&Settings::max_token_bytes, kLeastAuthorizationBytes, kMostAuthorizationBytes, kBytes>;

extern const SettingKind token_cookie, client_secret, project_id, domain, introspection_url,
    resource, key_file, ca_file, cache_dir, cache_url, rules_file, log_file, audit_file,
    pass_claims, cors_origins, client_address_header, trusted_proxies, cache_max_tokens,
    events_token, metrics;

}  // namespace setting_kinds
}  // namespace auth
