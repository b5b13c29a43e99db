// SPDX-License-Identifier: Apache-2.0
// Reading the settings: environment, .env file, key file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/settings/settings.h"
#include "auth/settings/sources.h"

namespace auth {

// The process's own environment; nobody may change it meanwhile.
[[nodiscard]] Environment process_environment();

// The path of the running program, without symbolic links; empty where /proc does not tell.
[[nodiscard]] std::string process_program();

// Reads the environment first, then the .env file (which one: auth/settings/sources.h), and checks
// everything, also the key file and its permissions. An empty value counts as none. Gives all
// mistakes together. Never calls out. program: where to look for a file that names the .env file.
//
// Those before the first section first, where they are for an instance; then those of each section.
// Never empty.
[[nodiscard]] Result<std::vector<Settings>, Mistakes> load_sections(
    const Environment& environment, std::string_view program = {},
    jose::KeyReading key_reading = jose::KeyReading::kNow);

// The same for who has no use for sections: each is a mistake.
[[nodiscard]] Result<Settings, Mistakes> load_settings(
    const Environment& environment, std::string_view program = {},
    jose::KeyReading key_reading = jose::KeyReading::kNow);

// Settings that hold what is said of the log, whatever else is wrong with them; of the log, the
// default for what is wrong.
[[nodiscard]] Settings find_log_settings(const Environment& environment, std::string_view program);

// From now on the log is as they say. To be called while no other thread logs.
void use_log_settings(const Settings& settings);

// A file that the settings are in or name.
struct SettingFile {
  std::string subject;  // of a sentence about it: "API_PRIVATE_KEY_FILE_PATH (.env, line 1)"
  std::string path;
  bool holds_secret = false;
};

// Those that are there or are to be there, whatever is wrong with the settings, and whoever may
// read them.
[[nodiscard]] std::vector<SettingFile> find_setting_files(const Environment& environment,
                                                          std::string_view program);

// The names of those that are set in the environment, and so for as long as the process lives.
[[nodiscard]] std::vector<std::string_view> settings_of_environment(const Environment& environment);

// All names that load_settings knows, but for ZITADEL_ENV_FILE, which no .env file holds, and for
// those that another has taken the place of.
[[nodiscard]] std::vector<std::string_view> setting_names();

}  // namespace auth
