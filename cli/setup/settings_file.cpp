// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/settings_file.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "auth/settings/describe.h"
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

}  // namespace

auth::Result<std::string, auth::Mistake> settings_text(const Context& context,
                                                       const std::string& project) {
  const SetupOptions& options = context.options;
  std::string text =
      "# Written by zitadel-setup. What else may be set: .env.example, and docs/settings.md.\n"
      "ZITADEL_DOMAIN=" +
      options.domain + "\nZITADEL_PROJECT_ID=" + project +
      "\nAPI_PRIVATE_KEY_FILE_PATH=" + kApplicationKeyFile + '\n';
  if (context.has_events()) text += events_setting() + '\n';
  if (!auth::check_url(options.domain, false)) text += "ZITADEL_ALLOW_HTTP=1\n";
  if (options.ca_file.empty()) return text;
  std::error_code code;
  const std::filesystem::path file = std::filesystem::canonical(options.ca_file, code);
  if (code) return option_mistake("--ca-file " + options.ca_file, code.message());
  return text + "ZITADEL_CA_FILE=" + quoted(file.string()) + '\n';
}

std::string events_setting() { return std::string("ZITADEL_EVENTS_TOKEN_FILE=") + kEventsKeyFile; }

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

}  // namespace cli
