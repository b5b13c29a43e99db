// SPDX-License-Identifier: Apache-2.0
// What the settings are, for people: .env.example and the table of docs/settings.md. `make
// settings` writes them from here.
#pragma once

#include <string>
#include <string_view>

namespace auth {

// All of .env.example.
[[nodiscard]] std::string env_example();

// All settings with what may be written, the default and the meaning, for a terminal.
[[nodiscard]] std::string settings_table();

// The document with its table between kSettingsBegin and kSettingsEnd as it should be; empty where
// it has no such place.
[[nodiscard]] std::string document_with_settings(std::string_view document);

constexpr std::string_view kSettingsBegin = "<!-- settings -->\n";
constexpr std::string_view kSettingsEnd = "<!-- /settings -->\n";

}  // namespace auth
