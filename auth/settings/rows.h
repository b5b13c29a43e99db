// SPDX-License-Identifier: Apache-2.0
// The table of settings, with one row for each. .env.example and the table of docs/settings.md are
// printed from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "auth/settings/kinds.h"
#include "auth/settings/sources.h"

namespace auth {

// The groups of settings in .env.example. Their headings are in describe.cpp, in this order.
enum class SettingGroup : std::uint8_t {
  kInstance,
  kAuthentication,
  kJudging,
  kCallers,
  kProtection,
  kWay,
  kCache,
  kProgram,
};

// The values of ZITADEL_VALIDATION for which a setting counts.
enum class SettingModes : std::uint8_t {
  kAll,
  kAsking,         // if ZITADEL is asked about tokens: introspection, jwt-or-introspection
  kIntrospection,  // introspection only
};

// Whether a setting may stand in a section of the settings file.
enum class SettingPart : std::uint8_t {
  kTakenOver,     // yes; a section takes over the value from before the first section
  kOfInstance,    // yes, but no section takes over the value from before the first section
  kWholeProgram,  // no
};

struct SettingRow {
  SettingName setting;
  const SettingKind& kind;
  SettingGroup group;
  SettingModes modes;
  std::string_view fallback =
      {};  // what counts if the setting is not set, where the kind shows no default
  std::string_view meaning = {};  // for .env.example and docs/settings.md
  std::string_view more = {};     // for .env.example alone, a line for each paragraph
  std::string_view example = {};  // in .env.example instead of the default, as a set value
  SettingPart part = SettingPart::kTakenOver;
  bool counts = true;  // false: another setting has replaced it, and the kind says which
};

// Returns the rows in the order in which they are read.
[[nodiscard]] std::span<const SettingRow> setting_rows();

}  // namespace auth
