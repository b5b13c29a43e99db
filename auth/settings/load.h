// SPDX-License-Identifier: Apache-2.0
// Reading the settings: environment, .env file, key file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/settings/settings.h"
#include "auth/settings/sources.h"

namespace auth {

// Returns the environment of this process. Nobody may change it while the result is in use.
[[nodiscard]] Environment process_environment();

// Returns the path of the running program, without symbolic links; empty if /proc does not say it.
[[nodiscard]] std::string process_program();

// Reads the environment first, then the .env file (which one: auth/settings/sources.h), and checks
// everything, also the key file and its permissions. An empty value counts as none. Returns all
// mistakes together. Never uses the network. program: path of the running program; a file beside it
// may name the .env file.
//
// Returns first the settings before the first section, if they are for an instance, then those of
// each section. Never empty.
[[nodiscard]] Result<std::vector<Settings>, Mistakes> load_sections(
    const Environment& environment, std::string_view program = {},
    jose::KeyReading key_reading = jose::KeyReading::kNow);

// The same for callers that cannot use sections: a section is a mistake.
[[nodiscard]] Result<Settings, Mistakes> load_settings(
    const Environment& environment, std::string_view program = {},
    jose::KeyReading key_reading = jose::KeyReading::kNow);

// Returns settings in which only those of the log are read, whatever mistakes the others have. A
// log setting with a mistake has its default.
[[nodiscard]] Settings find_log_settings(const Environment& environment, std::string_view program);

// Applies the log settings to this process. Call it while no other thread logs.
void use_log_settings(const Settings& settings);

// A file that holds settings, or that a setting names.
struct SettingFile {
  std::string subject;  // begins a sentence about it: "API_PRIVATE_KEY_FILE_PATH (.env, line 1)"
  std::string path;
  bool holds_secret = false;
};

// Returns the files that exist or should exist, whatever mistakes the settings have, and whoever
// may read the files.
[[nodiscard]] std::vector<SettingFile> find_setting_files(const Environment& environment,
                                                          std::string_view program);

// Returns the names of the settings that the environment sets. These stay the same as long as the
// process lives.
[[nodiscard]] std::vector<std::string_view> settings_of_environment(const Environment& environment);

// Returns all names that load_settings knows, except ZITADEL_ENV_FILE, which no .env file holds,
// and settings that another one has replaced.
[[nodiscard]] std::vector<std::string_view> setting_names();

}  // namespace auth
