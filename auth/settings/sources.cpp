// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/sources.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/base/private_file.h"
#include "auth/base/text.h"
#include "auth/base/utf8.h"
#include "auth/settings/dotenv.h"
#include "auth/settings/meaning.h"

namespace auth {
namespace {

constexpr std::string_view kEnvFileName = "ZITADEL_ENV_FILE";
constexpr std::string_view kCredentialsName = "CREDENTIALS_DIRECTORY";  // systemd.exec(5)
constexpr std::size_t kMaxShown = 80;
constexpr std::string_view kElsewhere =
    "does not belong here: write it into the file that ZITADEL_ENV_FILE names";

// Returns the Levenshtein distance: the letters to insert, remove or change.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

// Returns the path of the file beside the program: /home/you/www/api/api.env for
// /home/you/www/api/api.fcgi.
std::string file_beside(std::string_view program) {
  const std::size_t name = program.rfind('/') + 1;
  const std::size_t ending = program.rfind('.');
  const bool has_ending = ending != std::string_view::npos && ending > name;
  return std::string(program.substr(0, has_ending ? ending : program.size())) + ".env";
}

std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/') + 1));
}

class Collector {
 public:
  explicit Collector(std::span<const SettingName> known) : known_(known) {}

  SettingSources collect(const Environment& environment, std::string_view program) && {
    NamedFile env_file{"", std::string(kEnvironment)};
    for (const std::string_view variable : environment) {
      const std::size_t equals = variable.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view name = variable.substr(0, equals);
      const std::string_view value = variable.substr(equals + 1);
      if (name == kEnvFileName) {
        if (env_file.path.empty()) env_file.path = value;
      } else if (name == kCredentialsName) {
        credentials_ = value;
      } else if (is_known(name)) {
        add(sources_.found, name, {Secret(value), std::string(kEnvironment), ""});
      } else if (looks_like_ours(name)) {
        sources_.warnings.push_back(unknown(name, std::string(kEnvironment)));
      } else {
        note_alike(sources_.alike, name, std::string(kEnvironment));
      }
    }
    if (env_file.path.empty() && !program.empty()) {
      // Where the file beside the program is wrong, no other is taken in its place.
      if (!read_file_beside(file_beside(program), env_file)) return std::move(sources_);
    }
    read_env_file(env_file);
    return std::move(sources_);
  }

 private:
  using Lines = std::map<std::string, unsigned, std::less<>>;

  struct NamedFile {
    std::string path;    // empty: nobody has named one
    std::string origin;  // the environment, or the line that names it
  };

  // Returns false if the file is there, but cannot be read or names no .env file.
  bool read_file_beside(const std::string& path, NamedFile& env_file) {
    auto file = read_private_file(path, kMaxDotenvBytes);
    if (!file) {
      if (file.error().missing) return true;
      sources_.is_incomplete = true;
      sources_.mistakes.push_back(shown(path) + ' ' + file.error().sentence);
      return false;
    }
    sources_.files.push_back(path);
    Dotenv dotenv = parse(path, *file);
    for (const DotenvHeading& heading : dotenv.headings) {
      sources_.mistakes.push_back(line_of(path, heading.line) + ": a heading " +
                                  std::string(kElsewhere));
    }
    for (const DotenvEntry& entry : dotenv.entries) {
      const std::string origin = line_of(path, entry.line);
      if (entry.name != kEnvFileName) {
        // This file lies where the web server serves files from.
        mistake(shown(entry.name), origin, std::string(kElsewhere));
      } else if (!env_file.path.empty()) {
        mistake(entry.name, origin, "is there already: leave one of the two");
      } else if (!entry.value.empty()) {
        const std::string_view value = entry.value.reveal();
        env_file = {(value.starts_with('/') ? "" : folder_of(path)) + std::string(value), origin};
      }
    }
    if (env_file.path.empty()) {
      sources_.is_incomplete = true;
      sources_.mistakes.push_back(shown(path) +
                                  " names no settings: write ZITADEL_ENV_FILE=/path/to/.env");
    }
    return !env_file.path.empty();
  }

  void read_env_file(const NamedFile& env_file) {
    const bool named = !env_file.path.empty();
    const std::string path = named ? env_file.path : ".env";
    sources_.files.push_back(path);
    if (is_in_quotes(path)) {
      sources_.is_incomplete = true;
      return mistake(std::string(kEnvFileName), env_file.origin, std::string(kInQuotes));
    }
    auto file = read_private_file(path, kMaxDotenvBytes);
    if (!file) {
      if (file.error().missing && !named) return;
      const std::string subject =
          named ? std::string(kEnvFileName) + " (" + env_file.origin + "), \"" + shown(path) + "\","
                : path;
      sources_.is_incomplete = true;
      return sources_.mistakes.push_back(subject + ' ' + file.error().sentence);
    }
    Dotenv dotenv = parse(path, *file);
    for (DotenvHeading& heading : dotenv.headings) {
      sources_.sections.push_back({std::move(heading.text), line_of(path, heading.line)});
    }
    std::vector<Lines> lines(1 + sources_.sections.size());
    for (DotenvEntry& entry : dotenv.entries) {
      Lines& before = lines[entry.section];
      add_entry(path, file->remedy, before, std::move(entry));
    }
  }

  Dotenv parse(const std::string& path, const PrivateFile& content) {
    Dotenv dotenv = parse_dotenv(content.text);
    sources_.is_incomplete = sources_.is_incomplete || dotenv.is_incomplete;
    for (const DotenvMistake& each : dotenv.mistakes) {
      sources_.unread.push_back(each.name);
      // A line that is no setting may be part of a key: its name is shown only where it is ours.
      const std::string name = looks_like_ours(each.name) ? ": " + shown(each.name) : ",";
      sources_.mistakes.push_back(line_of(path, each.line) + name + ' ' + each.message);
    }
    return dotenv;
  }

  // lines: the names before it in its section, with their lines.
  void add_entry(const std::string& path, const std::string& remedy, Lines& lines,
                 DotenvEntry entry) {
    const SettingName* const setting = is_known(entry.name);
    SettingSection* const section =
        entry.section == 0 ? nullptr : &sources_.sections[entry.section - 1];
    const std::string origin = line_of(path, entry.line) +
                               (section == nullptr ? "" : ", of [" + shown(section->heading) + "]");
    if (entry.name == kEnvFileName) {
      return mistake(entry.name, origin, "has no effect in a .env file: set it in the environment");
    }
    if (setting == nullptr) {
      AlikeNames& alike = section == nullptr ? sources_.alike : section->alike;
      if (!looks_like_ours(entry.name)) return note_alike(alike, entry.name, origin);
      return sources_.mistakes.push_back(unknown(entry.name, origin));
    }
    const auto [first, added] = lines.emplace(entry.name, entry.line);
    if (!added) {
      return mistake(
          entry.name, origin,
          "is there already, in line " + std::to_string(first->second) + ": leave one of the two");
    }
    if (setting->secret && !entry.value.empty() && !remedy.empty()) {
      mistake(entry.name, origin, "can be read by others: " + remedy);
    }
    if (section != nullptr && entry.value.empty()) section->emptied.push_back(entry.name);
    add(section == nullptr ? sources_.found : section->found, entry.name,
        {std::move(entry.value), origin, base_of(path)});
  }

  // Returns the folder where relative paths of that settings file begin. systemd's folder of
  // credentials holds a copy of it, but not the files beside the original.
  [[nodiscard]] std::string base_of(std::string_view path) const {
    std::string folder = folder_of(path);
    const bool copied = !credentials_.empty() && folder == credentials_ + '/';
    return copied ? std::string() : folder;
  }

  // Adds a setting that has a value. One that is there already, the environment's, stays.
  static void add(FoundSettings& found, std::string_view name, FoundSetting setting) {
    if (!setting.value.empty()) found.try_emplace(std::string(name), std::move(setting));
  }

  void mistake(const std::string& name, const std::string& origin, const std::string& what) {
    sources_.mistakes.push_back(name + " (" + origin + ") " + what);
  }

  [[nodiscard]] const SettingName* is_known(std::string_view name) const {
    const auto found = std::find_if(known_.begin(), known_.end(),
                                    [&](const SettingName& each) { return each.name == name; });
    return found == known_.end() ? nullptr : &*found;
  }

  // The file may be another program's as well: such a name is no mistake by itself.
  static void note_alike(AlikeNames& alike, std::string_view name, const std::string& origin) {
    const std::string_view meant = setting_meant_by(name.substr(0, kMaxShown));
    if (meant.empty()) return;
    alike.try_emplace(std::string(meant), shown(name) + " (" + origin + ")");
  }

  static bool looks_like_ours(std::string_view name) {
    const std::string text = upper_case(name.substr(0, kMaxShown));
    return text.starts_with("ZITADEL_") || text.starts_with("API_PRIVATE_KEY");
  }

  [[nodiscard]] std::string unknown(std::string_view name, const std::string& origin) const {
    constexpr std::size_t kMaxDistance = 3;
    constexpr std::size_t kSlip = 1;  // a letter; more may be another word
    const std::string text = upper_case(name.substr(0, kMaxShown));
    std::string_view nearest;
    std::size_t least = kMaxDistance + 1;
    const auto compare = [&](std::string_view candidate) {
      const std::size_t each = distance(text, candidate);
      if (each < least) nearest = candidate;
      least = std::min(least, each);
    };
    for (const SettingName& each : known_) compare(each.name);
    compare(kEnvFileName);
    const std::string_view meant = setting_meant_by(text);
    if (least > kSlip && !meant.empty()) nearest = meant;
    const std::string hint =
        nearest.empty() ? "take it out" : "write " + std::string(nearest) + " if that is meant";
    return shown(name) + " (" + origin + ") is no setting of this program: " + hint;
  }

  static std::string line_of(const std::string& path, unsigned line) {
    return shown(path) + ", line " + std::to_string(line);
  }

  std::span<const SettingName> known_;
  std::string credentials_{};
  SettingSources sources_{};
};

}  // namespace

SettingSources collect_settings(const Environment& environment, std::string_view program,
                                std::span<const SettingName> known) {
  return Collector(known).collect(environment, program);
}

std::string with_origin(const SettingSources& sources, std::string_view name) {
  return std::string(name) + " (" + sources.found.find(name)->second.origin + ")";
}

bool is_in_quotes(std::string_view value) noexcept {
  value = trimmed(value);
  return value.size() >= 2 && value.front() == value.back() &&
         (value.front() == '"' || value.front() == '\'');
}

std::string shown(std::string_view text) {
  const std::string out = visible_text(text.substr(0, kMaxShown));
  return text.size() > kMaxShown ? out + "..." : out;
}

}  // namespace auth
