// The table of settings: a row each.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "auth/settings/settings.h"
#include "auth/settings/sources.h"

namespace auth {

struct SettingRow {
  SettingName setting;
  // Puts the value where it goes, or gives what is wrong with it, to be put behind the setting's
  // name: "is not a whole number of seconds from 0 to 3600". Holds nothing of the value, but
  // perhaps a path or what to write instead.
  std::optional<std::string> (*read)(const FoundSetting& found, Settings& settings);
  bool counts = true;  // false: another setting has taken its place, and read says which
};

// In the order in which they are read.
[[nodiscard]] std::span<const SettingRow> setting_rows();

}  // namespace auth
