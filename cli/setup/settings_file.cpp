// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/settings_file.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "auth/settings/describe.h"
#include "auth/settings/dotenv.h"
#include "auth/zitadel/url.h"

namespace cli {
namespace {

// Puts the text into single quotes, as a .env file has them (auth/settings/dotenv.h).
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char byte : text) {
    if (byte == '\'' || byte == '\\') out.push_back('\\');
    out.push_back(byte);
  }
  return out + "'";
}

// Whether the file has the setting, in any of its sections. A path may be written in full.
bool has_setting(const Context& context, const std::vector<auth::DotenvEntry>& entries,
                 const auth::DotenvEntry& wanted) {
  const std::filesystem::path folder(context.folder.path());
  return std::any_of(entries.begin(), entries.end(), [&](const auth::DotenvEntry& each) {
    return each.name == wanted.name &&
           folder / each.value.reveal() == folder / wanted.value.reveal();
  });
}

}  // namespace

auth::Result<std::string, auth::Mistake> settings_text(const Context& context,
                                                       const std::string& project) {
  const SetupOptions& options = context.options;
  std::string text =
      "# Written by zitadel-setup. What else may be set: .env.example, and docs/settings.md.\n"
      "ZITADEL_DOMAIN=" +
      options.domain + "\nZITADEL_PROJECT_ID=" + project +
      "\nAPI_PRIVATE_KEY_FILE_PATH=" + kApplicationKeyFile + '\n';
  if (context.has_events()) {
    text += std::string("ZITADEL_EVENTS_TOKEN_FILE=") + kEventsKeyFile + '\n';
  }
  if (!auth::check_url(options.domain, false)) text += "ZITADEL_ALLOW_HTTP=1\n";
  if (options.ca_file.empty()) return text;
  std::error_code code;
  const std::filesystem::path file = std::filesystem::canonical(options.ca_file, code);
  if (code) return option_mistake("--ca-file " + options.ca_file, code.message());
  return text + "ZITADEL_CA_FILE=" + quoted(file.string()) + '\n';
}

auth::Result<SettingsFile, auth::Mistake> look_at_settings(const Context& context,
                                                           const std::string& wanted) {
  auto file = context.folder.read(kSettingsFile);
  if (!file) return std::move(file).error();
  if (!*file) return SettingsFile::kMissing;
  const std::string_view text = (*file)->reveal();
  if (text == wanted) return SettingsFile::kWritten;
  const std::string& before = context.state.settings;
  if (!before.empty() && text == before) return SettingsFile::kOld;
  if (text == auth::env_example()) return SettingsFile::kMissing;
  if (!before.empty()) return SettingsFile::kEdited;
  return auth::Mistake{context.folder.path_of(kSettingsFile) +
                       " was not written by zitadel-setup: move it away, or give another --dir"};
}

auth::Result<std::vector<std::string>, auth::Mistake> lines_to_write(const Context& context,
                                                                     const std::string& wanted) {
  auto file = context.folder.read(kSettingsFile);
  if (!file) return std::move(file).error();
  const auth::Dotenv there = auth::parse_dotenv(*file ? **file : auth::SecretView(""));
  std::vector<std::string> lines;
  std::istringstream text(wanted);
  for (std::string line; std::getline(text, line);) {
    const auth::Dotenv setting = auth::parse_dotenv(auth::SecretView(line));
    if (setting.entries.empty() || setting.entries.front().value.empty()) continue;
    if (!has_setting(context, there.entries, setting.entries.front())) lines.push_back(line);
  }
  return lines;
}

std::string words_of_edited(const std::vector<std::string>& lines) {
  std::string text = "changed by hand, stays as it is";
  const char* before = ": write the line ";
  for (const std::string& line : lines) {
    text += std::exchange(before, "; write the line ") + line;
  }
  return text;
}

}  // namespace cli
