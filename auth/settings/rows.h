// SPDX-License-Identifier: Apache-2.0
// The table of settings: a row each. .env.example and the table of docs/settings.md are printed
// from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "auth/settings/kinds.h"
#include "auth/settings/sources.h"

namespace auth {

// Where a setting stands in .env.example; the headings are in describe.cpp, in this order.
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

// In which values of ZITADEL_VALIDATION a setting counts.
enum class SettingModes : std::uint8_t {
  kAll,
  kAsking,         // ZITADEL about tokens: introspection, jwt-or-introspection
  kIntrospection,  // alone
};

// Whether a setting may stand in a section of the settings file.
enum class SettingPart : std::uint8_t {
  kTakenOver,     // there too; what stands before the first section counts in all
  kOfInstance,    // there too, and what stands before the first section counts in no other
  kWholeProgram,  // not there
};

struct SettingRow {
  SettingName setting;
  const SettingKind& kind;
  SettingGroup group;
  SettingModes modes;
  std::string_view fallback =
      {};  // what counts where it is not set, where the kind shows no default
  std::string_view meaning = {};  // for .env.example and docs/settings.md
  std::string_view more = {};     // for .env.example alone, a line for each paragraph
  std::string_view example = {};  // stands in .env.example instead of the default, as set
  SettingPart part = SettingPart::kTakenOver;
  bool counts = true;  // false: another setting has taken its place, and the kind says which
};

// In the order in which they are read.
[[nodiscard]] std::span<const SettingRow> setting_rows();

}  // namespace auth
