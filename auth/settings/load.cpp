// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/load.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <system_error>
#include <utility>

#include "auth/base/place.h"
#include "auth/base/text.h"
#include "auth/settings/completeness.h"
#include "auth/settings/rows.h"
#include "auth/settings/sections.h"

namespace auth {
namespace {

constexpr std::size_t kMaxValueBytes = 2048;
// Default of ZITADEL_CACHE_TTL with events: they end an answer, so it may live longer.
constexpr std::chrono::seconds kFedCacheTtl{300};

constexpr std::string_view kReportWarning =
    "ZITADEL_MODE=report: THE RULES REFUSE NOBODY. What they would refuse goes on to the protected "
    "program, which learns of it from AUTH_WOULD_BE alone; set it to enforce when the log shows no "
    "caller any more that is to get in";

// Checks the value for what no setting may contain.
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

void add(Mistakes& mistakes, const Mistakes& further) {
  mistakes.insert(mistakes.end(), further.begin(), further.end());
}

// Returns the mistakes without repetitions: a setting may have been read for several sections.
Mistakes each_once(const Mistakes& mistakes) {
  Mistakes kept;
  for (const std::string& each : mistakes) {
    if (std::find(kept.begin(), kept.end(), each) == kept.end()) kept.push_back(each);
  }
  return kept;
}

// Makes settings of what was found.
struct Reader {
  std::string document_root;
  jose::KeyReading key_reading;

  // missing: receives the mistakes of check_completeness.
  [[nodiscard]] Settings read(const SettingSources& sources, Mistakes& mistakes,
                              Mistakes& missing) const {
    Settings settings;
    settings.key_reading = key_reading;
    settings.document_root = document_root;
    for (const SettingRow& row : setting_rows()) read_row(row, sources, settings, mistakes);
    add(missing, check_completeness(sources, settings.validation));
    if (settings.application_key) settings.client_id = settings.application_key->client_id;
    if (settings.events_token && settings.validation != Validation::kJwt &&
        !sources.found.contains(std::string_view("ZITADEL_CACHE_TTL"))) {
      settings.cache_ttl = kFedCacheTtl;
    }
    if (settings.mode == Mode::kReport) settings.warnings.emplace_back(kReportWarning);
    return settings;
  }

  // nullopt if the heading is a mistake.
  [[nodiscard]] std::optional<Settings> read(const SettingSection& section,
                                             const SettingSources& all, Mistakes& mistakes) const {
    auto places = parse_places(section.heading);
    if (!places) return std::nullopt;
    Mistakes missing;
    Settings settings = read(sources_of(section, all), mistakes, missing);
    for (const std::string& each : missing) mistakes.push_back(with_origin(section) + ": " + each);
    settings.section = to_string(*places);
    settings.places = *std::move(places);
    return settings;
  }
};

// Adds the files that settings name.
void add_named_files(const SettingSources& sources, std::vector<SettingFile>& files) {
  for (const auto& [name, holds_secret] : {std::pair{"API_PRIVATE_KEY_FILE_PATH", true},
                                           {"ZITADEL_EVENTS_TOKEN_FILE", true},
                                           {"ZITADEL_CA_FILE", false},
                                           {"ZITADEL_RULES", false}}) {
    const auto found = sources.found.find(std::string_view(name));
    if (found == sources.found.end()) continue;
    const Result<std::string, Mistake> path = setting_kinds::path_of(found->second);
    if (!path) continue;
    SettingFile file{with_origin(sources, name), *path, holds_secret};
    const auto is_same = [&](const SettingFile& each) { return each.subject == file.subject; };
    if (std::none_of(files.begin(), files.end(), is_same)) files.push_back(std::move(file));
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

Result<std::vector<Settings>, Mistakes> load_sections(const Environment& environment,
                                                      std::string_view program,
                                                      jose::KeyReading key_reading) {
  const SettingSources sources = collect_settings(environment, program, known_names());
  const Reader reader{document_root_of(environment), key_reading};
  Mistakes mistakes = sources.mistakes;
  add(mistakes, check_sections(sources));
  std::vector<Settings> all;
  if (names_instance(sources)) all.push_back(reader.read(sources, mistakes, mistakes));
  for (const SettingSection& section : sources.sections) {
    if (all.size() > kMostSections) break;
    if (auto settings = reader.read(section, sources, mistakes)) {
      all.push_back(*std::move(settings));
    }
  }
  if (!mistakes.empty()) {
    // A misspelt name may be why another setting is missing.
    add(mistakes, sources.warnings);
    return each_once(mistakes);
  }
  for (Settings& each : all) each.sections = all.size();
  std::vector<std::string>& warnings = all.front().warnings;
  warnings.insert(warnings.begin(), sources.warnings.begin(), sources.warnings.end());
  return all;
}

Result<Settings, Mistakes> load_settings(const Environment& environment, std::string_view program,
                                         jose::KeyReading key_reading) {
  auto all = load_sections(environment, program, key_reading);
  if (!all) return std::move(all).error();
  if (all->back().section.empty()) return Result<Settings, Mistakes>(std::move(all->front()));
  return Mistakes{"the settings file has sections, [" + all->back().section +
                  "], which are for the hosts and paths of a web server: name a file without them"};
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
  add_named_files(sources, files);
  for (const SettingSection& section : sources.sections) {
    add_named_files(sources_of(section, sources), files);
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
