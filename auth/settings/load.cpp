// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/load.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <system_error>
#include <utility>

#include "auth/base/text.h"
#include "auth/settings/rows.h"

namespace auth {
namespace {

constexpr std::size_t kMaxValueBytes = 2048;
// An answer may live longer where events end it.
constexpr std::chrono::seconds kFedCacheTtl{300};

constexpr std::string_view kReportWarning =
    "ZITADEL_MODE=report: THE RULES REFUSE NOBODY. What they would refuse goes on to the protected "
    "program, which learns of it from AUTH_WOULD_BE alone; set it to enforce when the log shows no "
    "caller any more that is to get in";

// What no setting may hold.
Result<void, Mistake> check_value(std::string_view value) {
  if (value.size() > kMaxValueBytes) {
    return Mistake{"is longer than " + std::to_string(kMaxValueBytes) + " bytes"};
  }
  if (has_control(value)) {
    return Mistake{"holds a line break or another control character: write it without"};
  }
  if (is_in_quotes(value)) return Mistake{std::string(kInQuotes)};
  return {};
}

// A value that may hold a secret by mistake is not shown: a URL with a password in it, a key in the
// place of its path, a token.
bool may_be_shown(std::string_view value) {
  constexpr std::size_t kLongestWord = 48;  // a personal access token has 71 bytes
  const bool is_long_word =
      value.size() > kLongestWord && value.find_first_of("/ ") == std::string_view::npos;
  return value.size() <= kMaxValueBytes && !is_long_word && !has_control(value) &&
         value.find_first_of("@?{") == std::string_view::npos &&
         value.find("-----") == std::string_view::npos;
}

std::string describe(const SettingRow& row, const FoundSetting& found, const Mistake& mistake) {
  std::string line = std::string(row.setting.name) + " (" + found.origin + ")";
  if (!row.setting.secret && may_be_shown(found.value.reveal())) {
    line += ", \"" + shown(found.value.reveal()) + "\",";
  }
  return line + ' ' + mistake.sentence;
}

void read_row(const SettingRow& row, const SettingSources& sources, Settings& settings,
              Mistakes& mistakes) {
  const auto found = sources.found.find(row.setting.name);
  if (found == sources.found.end()) return;
  Result<void, Mistake> checked = check_value(found->second.value.reveal());
  if (checked) checked = row.kind.read(found->second, settings);
  if (!checked) mistakes.push_back(describe(row, found->second, checked.error()));
}

std::vector<SettingName> known_names() {
  std::vector<SettingName> names;
  for (const SettingRow& row : setting_rows()) names.push_back(row.setting);
  return names;
}

std::string document_root_of(const Environment& environment) {
  constexpr std::string_view kName = "DOCUMENT_ROOT=";
  for (const std::string_view variable : environment) {
    if (variable.starts_with(kName)) return std::string(variable.substr(kName.size()));
  }
  return {};
}

// Whether one of these stands in a line that could not be read: nobody can tell that it is missing.
bool any_unread(const SettingSources& sources, std::initializer_list<std::string_view> names) {
  return sources.is_incomplete ||
         std::any_of(sources.unread.begin(), sources.unread.end(), [&](const std::string& each) {
           return std::find(names.begin(), names.end(), each) != names.end();
         });
}

// Names what sounds like the setting where there is something, and the advice where not.
std::string not_set(const SettingSources& sources, std::string_view name, std::string_view advice) {
  const auto alike = sources.alike.find(name);
  std::string line = std::string(name) + " is not set";
  if (alike == sources.alike.end()) return line.append(": ").append(advice);
  return line.append(", but ")
      .append(alike->second)
      .append(" is: write ")
      .append(name)
      .append(" in its place if that is meant");
}

void check_domain(const SettingSources& sources, Mistakes& mistakes) {
  constexpr std::string_view kDomain = "ZITADEL_DOMAIN";
  if (sources.found.contains(kDomain) || any_unread(sources, {kDomain})) return;
  mistakes.push_back(not_set(sources, kDomain,
                             "write the URL of your ZITADEL instance, such as "
                             "https://my-instance.zitadel.cloud"));
}

// REQUIRES: it is set.
std::string with_origin(const SettingSources& sources, std::string_view name) {
  return std::string(name) + " (" + sources.found.find(name)->second.origin + ")";
}

// Whoever asks could write any address into the header.
void check_proxies(const SettingSources& sources, Mistakes& mistakes) {
  constexpr std::string_view kHeader = "ZITADEL_CLIENT_ADDRESS_HEADER";
  constexpr std::string_view kProxies = "ZITADEL_TRUSTED_PROXIES";
  const bool has_header = sources.found.contains(kHeader);
  if (has_header == sources.found.contains(kProxies)) return;
  if (any_unread(sources, {kHeader, kProxies})) return;
  mistakes.push_back(std::string(has_header ? kProxies : kHeader) + " is not set, but " +
                     with_origin(sources, has_header ? kHeader : kProxies) +
                     " is: write both, the header and the addresses of the proxies that are "
                     "believed when they send it");
}

void check_cache(const SettingSources& sources, Mistakes& mistakes) {
  constexpr std::string_view kFolder = "ZITADEL_CACHE_DIR";
  constexpr std::string_view kServer = "ZITADEL_CACHE_URL";
  if (!sources.found.contains(kFolder) || !sources.found.contains(kServer)) return;
  mistakes.push_back(with_origin(sources, kFolder) + " is set beside " +
                     with_origin(sources, kServer) +
                     ": write the folder for processes of one machine, or the URL of a server for "
                     "those of several, not both");
}

// By key or by client id and secret, and not half of either. Who asks ZITADEL about no token needs
// neither, but what says which tokens are meant for this API.
void check_authentication(const SettingSources& sources, Validation validation,
                          Mistakes& mistakes) {
  constexpr std::string_view kKey = "API_PRIVATE_KEY_FILE_PATH";
  constexpr std::string_view kId = "ZITADEL_CLIENT_ID";
  constexpr std::string_view kSecret = "ZITADEL_CLIENT_SECRET";
  constexpr std::string_view kProject = "ZITADEL_PROJECT_ID";
  const auto is_set = [&](std::string_view name) { return sources.found.contains(name); };
  if (any_unread(sources, {kKey, kId, kSecret, kProject})) return;
  if (is_set(kKey) && (is_set(kId) || is_set(kSecret))) {
    mistakes.push_back(with_origin(sources, kKey) + " is set beside " +
                       with_origin(sources, is_set(kId) ? kId : kSecret) +
                       ": write the key's path for an API application with the method Private Key "
                       "JWT, or client id and secret for one with the method Basic, not both");
  } else if (validation == Validation::kJwt && !is_set(kSecret)) {
    if (is_set(kKey) || is_set(kId) || is_set(kProject)) return;
    mistakes.push_back(not_set(sources, kProject,
                               "with ZITADEL_VALIDATION=jwt, write the id of the project that "
                               "tokens must be meant for, or the client id of this API into "
                               "ZITADEL_CLIENT_ID"));
  } else if (!is_set(kKey) && is_set(kId) != is_set(kSecret)) {
    const std::string_view there = is_set(kId) ? kId : kSecret;
    const std::string_view missing = is_set(kId) ? kSecret : kId;
    mistakes.push_back(std::string(missing) + " is not set, but " + with_origin(sources, there) +
                       " is: write both, or " + std::string(kKey) + " instead");
  } else if (!is_set(kKey) && !is_set(kId)) {
    const bool sounds_basic = sources.alike.contains(kId) && !sources.alike.contains(kKey);
    mistakes.push_back(not_set(sources, sounds_basic ? kId : kKey,
                               "write the path of the API application's key file, or set "
                               "ZITADEL_CLIENT_ID and ZITADEL_CLIENT_SECRET instead"));
  }
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  return environment;
}

std::string process_program() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : program.string();
}

Result<Settings, Mistakes> load_settings(const Environment& environment, std::string_view program,
                                         jose::KeyReading key_reading) {
  SettingSources sources = collect_settings(environment, program, known_names());
  Settings settings;
  settings.key_reading = key_reading;
  settings.document_root = document_root_of(environment);
  Mistakes mistakes = std::move(sources.mistakes);
  for (const SettingRow& row : setting_rows()) read_row(row, sources, settings, mistakes);
  check_domain(sources, mistakes);
  check_authentication(sources, settings.validation, mistakes);
  check_cache(sources, mistakes);
  check_proxies(sources, mistakes);
  if (!mistakes.empty()) {
    // A misspelt name may be why another setting is missing.
    mistakes.insert(mistakes.end(), sources.warnings.begin(), sources.warnings.end());
    return mistakes;
  }
  if (settings.application_key) settings.client_id = settings.application_key->client_id;
  if (settings.events_token && settings.validation != Validation::kJwt &&
      !sources.found.contains(std::string_view("ZITADEL_CACHE_TTL"))) {
    settings.cache_ttl = kFedCacheTtl;
  }
  if (settings.mode == Mode::kReport) settings.warnings.emplace_back(kReportWarning);
  settings.warnings.insert(settings.warnings.begin(), sources.warnings.begin(),
                           sources.warnings.end());
  return settings;
}

Settings find_log_settings(const Environment& environment, std::string_view program) {
  const SettingSources sources = collect_settings(environment, program, known_names());
  Settings settings;
  settings.document_root = document_root_of(environment);
  Mistakes ignored;
  for (const SettingRow& row : setting_rows()) {
    if (row.setting.name.starts_with("ZITADEL_LOG_")) read_row(row, sources, settings, ignored);
  }
  return settings;
}

void use_log_settings(const Settings& settings) {
  set_log_level(settings.log_level);
  set_log_format(settings.log_format);
  set_log_file(settings.log_file);
}

std::vector<SettingFile> find_setting_files(const Environment& environment,
                                            std::string_view program) {
  const SettingSources sources = collect_settings(environment, program, known_names());
  std::vector<SettingFile> files;
  for (const std::string& path : sources.files) files.push_back({"the settings file", path, true});
  for (const auto& [name, holds_secret] : {std::pair{"API_PRIVATE_KEY_FILE_PATH", true},
                                           {"ZITADEL_EVENTS_TOKEN_FILE", true},
                                           {"ZITADEL_CA_FILE", false},
                                           {"ZITADEL_RULES", false}}) {
    const auto found = sources.found.find(std::string_view(name));
    if (found == sources.found.end()) continue;
    const Result<std::string, Mistake> path = setting_kinds::path_of(found->second);
    if (path) files.push_back({with_origin(sources, name), *path, holds_secret});
  }
  return files;
}

std::vector<std::string_view> settings_of_environment(const Environment& environment) {
  const std::vector<std::string_view> known = setting_names();
  std::vector<std::string_view> names;
  for (const std::string_view variable : environment) {
    const std::string_view name = variable.substr(0, variable.find('='));
    const bool has_value = variable.size() > name.size() + 1;
    if (has_value && std::find(known.begin(), known.end(), name) != known.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string_view> setting_names() {
  std::vector<std::string_view> names;
  for (const SettingRow& row : setting_rows()) {
    if (row.counts) names.push_back(row.setting.name);
  }
  return names;
}

}  // namespace auth
