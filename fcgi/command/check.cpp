// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/check.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>
#include <variant>

#include "auth/base/clock.h"
#include "auth/base/file_access.h"
#include "auth/base/private_folder.h"
#include "auth/parts.h"
#include "auth/settings/load.h"
#include "fcgi/command/settings_rules.h"
#include "fcgi/server/server.h"
#include "fcgi/server/socket_exposure.h"

namespace fcgi {
namespace {

bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

// Returns the settings files that exist, "a, b"; empty if there is none.
std::string settings_files(const auth::Environment& environment, std::string_view program) {
  std::string text;
  for (const auth::SettingFile& file : auth::find_setting_files(environment, program)) {
    if (file.subject != "the settings file" || !is_there(file.path)) continue;
    text += (text.empty() ? "" : ", ") + file.path;
  }
  return text;
}

void check_key(const auth::Settings& settings, Report& report) {
  if (settings.application_key) {
    return report.good("key", "key id " + settings.application_key->key_id + " of the client id " +
                                  settings.client_id);
  }
  if (!settings.client_secret.empty()) {
    return report.good("key", "client id " + settings.client_id + " with a secret");
  }
  report.good("key", "none is needed: JWTs are judged here");
}

// Returns how many certificates OpenSSL can read in the text, the content of ZITADEL_CA_FILE.
std::size_t count_certificates(const std::string& text) {
  using Bio = std::unique_ptr<BIO, decltype(&::BIO_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&::X509_free)>;
  const auto ask_nobody = [](char*, int, int, void*) { return 0; };  // for a password
  const Bio bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), ::BIO_free);
  std::size_t count = 0;
  while (bio != nullptr &&
         Certificate(::PEM_read_bio_X509(bio.get(), nullptr, ask_nobody, nullptr), ::X509_free)) {
    ++count;
  }
  ::ERR_clear_error();
  return count;
}

void check_authorities(const auth::Settings& settings, Report& report) {
  if (settings.ca_file.empty()) return;
  const std::size_t count = count_certificates(settings.ca_certificates);
  if (count == 0) {
    return report.bad("authorities", "ZITADEL_CA_FILE " + settings.ca_file +
                                         " holds no certificate that can be read: copy it anew, "
                                         "from the line BEGIN CERTIFICATE to END CERTIFICATE");
  }
  report.good("authorities", settings.ca_file + ", " + std::to_string(count) +
                                 (count == 1 ? " certificate" : " certificates"));
}

void check_rules(const auth::Settings& settings, Report& report) {
  const auth::SystemClock clock;
  const auto rules = open_rules(settings, clock);
  if (!rules) {
    for (const std::string& mistake : rules.error()) report.bad("rules", mistake);
  } else if (*rules == nullptr) {
    report.note("rules", "ZITADEL_RULES is not set: only the program's own endpoints are guarded");
  } else {
    const std::size_t count = (*rules)->current()->lines().size();
    report.good("rules", settings.rules_file + ", " + std::to_string(count) +
                             (count == 1 ? " rule" : " rules"));
  }
}

// Checks a file that lines are appended to.
void check_lines(std::string_view subject, const std::string& setting, const std::string& file,
                 Report& report) {
  if (file.empty()) return;
  const std::string folder =
      std::filesystem::absolute(file).lexically_normal().parent_path().string();
  const bool exists = is_there(file);
  const std::string& place = exists ? file : folder;
  if (::euidaccess(place.c_str(), exists ? W_OK : W_OK | X_OK) == 0) {
    return report.good(subject, file);
  }
  const std::string user = auth::this_reader().user;
  report.bad(subject,
             setting + " " + file + ": " + user + " may not write to " + place + ": " +
                 (exists ? "chown " + user + ' ' + auth::shell_word(place) + " && chmod 600 " +
                               auth::shell_word(place)
                         : "install -d -m 0750 -o " + user + ' ' + auth::shell_word(place)));
}

// The program works without a cache: then each process learns for itself what they could share.
void check_cache(const auth::Settings& settings, Report& report) {
  if (!auth::shares_anything(settings)) return;
  if (settings.cache_server) return report.note("cache", "ZITADEL_CACHE_URL: not tried");
  const std::string folder = auth::cache_folder(settings);
  if (!is_there(folder)) return report.note("cache", folder + " will be made");
  const auto opened = auth::open_private_folder(folder);
  if (opened) return report.good("cache", folder);
  report.note("cache", "not shared: " + folder + ' ' + opened.error().sentence);
}

// Does not check whether ZITADEL can be searched for events: zitadel-check does that.
void check_events(const auth::Settings& settings, Report& report) {
  if (!settings.events_token) return;
  if (!auth::is_fed(settings)) {
    return report.note("events", "not asked for: nothing is remembered that they could end");
  }
  const auto* const key = std::get_if<auth::ServiceUserKey>(&*settings.events_token);
  report.good("events", key == nullptr
                            ? "with a personal access token"
                            : "with the key " + key->key_id + " of user " + key->user_id);
}

// Returns which folders are missing that the command lines of the shipped files name.
std::string missing_folders() {
  std::string missing;
  for (const char* folder : {"/run/zitadel-fcgi", "/var/log/zitadel-fcgi"}) {
    if (!is_there(folder)) missing += std::string(" ") + folder;
  }
  if (missing.empty()) return {};
  const std::string user = ::geteuid() == 0 ? "www-data" : auth::this_reader().user;
  return "; spawn-fcgi's command needs" + missing + ": install -d -m 0750 -o " + user + missing;
}

void check_listener(int listener, Report& report) {
  if (!is_fastcgi()) {
    return report.note("listener", "none here: the web server, spawn-fcgi or systemd gives one" +
                                       missing_folders());
  }
  if (const auto warning = exposure_warning(listener)) return report.note("listener", *warning);
  report.good("listener", "standard input listens, and no other user is seen to reach it");
}

}  // namespace

std::optional<std::vector<auth::Settings>> check_settings(const auth::Environment& environment,
                                                          std::string_view program,
                                                          const std::vector<std::string>& told,
                                                          Report& report) {
  auto loaded = auth::load_sections(environment, program);
  if (loaded) {
    const std::string files = settings_files(environment, program);
    report.good("settings", files.empty() ? "from the environment alone" : files);
    for (const auth::Settings& each : *loaded) {
      for (const std::string& warning : each.warnings) {
        report.note("settings", auth::in_section(each, warning));
      }
    }
    return *std::move(loaded);
  }
  for (const std::string& mistake : loaded.error()) {
    const bool is_told = std::any_of(told.begin(), told.end(), [&](const std::string& subject) {
      return mistake.starts_with(subject);
    });
    if (!is_told) report.bad("settings", mistake);
  }
  const std::string note = missing_file_note(environment, program);
  if (!note.empty()) report.note("settings", note);
  return std::nullopt;
}

std::string missing_file_note(const auth::Environment& environment, std::string_view program) {
  if (!settings_files(environment, program).empty()) return {};
  return "no settings file was read: name yours before the command, "
         "ZITADEL_ENV_FILE=/etc/zitadel-fcgi/api.env";
}

void check_rest(const std::vector<auth::Settings>& all, int listener, Report& report) {
  for (const auth::Settings& settings : all) {
    const bool is_first = &settings == &all.front();
    if (!settings.section.empty()) report.note("section", '[' + settings.section + ']');
    check_key(settings, report);
    check_authorities(settings, report);
    check_rules(settings, report);
    if (is_first) check_lines("log", "ZITADEL_LOG_FILE", settings.log_file, report);
    check_lines("audit", "ZITADEL_AUDIT_FILE", settings.audit_file, report);
    check_cache(settings, report);
    check_events(settings, report);
  }
  check_listener(listener, report);
}

}  // namespace fcgi
