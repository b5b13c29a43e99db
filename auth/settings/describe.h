// SPDX-License-Identifier: Apache-2.0
// Describes the settings for people: .env.example and the table of docs/settings.md. `make
// settings` writes both with these functions.
#pragma once

#include <string>
#include <string_view>

namespace auth {

// Returns the whole content of .env.example.
[[nodiscard]] std::string env_example();

// Returns all settings with their values, defaults and meanings, as text for a terminal.
[[nodiscard]] std::string settings_table();

// Returns the document with the current table between kSettingsBegin and kSettingsEnd; empty if the
// document has no such place.
[[nodiscard]] std::string document_with_settings(std::string_view document);

constexpr std::string_view kSettingsBegin = "<!-- settings -->\n";
constexpr std::string_view kSettingsEnd = "<!-- /settings -->\n";

}  // namespace auth
