// SPDX-License-Identifier: Apache-2.0
#include "fcgi/reload.h"

#include <utility>

#include "auth/base/log.h"
#include "auth/settings/load.h"

namespace fcgi {
namespace {

std::string names_of(const std::vector<std::string_view>& settings) {
  std::string names;
  for (const std::string_view each : settings) {
    names.append(names.empty() ? "" : ", ").append(each);
  }
  return names;
}

// Settings of the whole program are the same in all sites.
const auth::Settings& program_settings(const Sites& sites) {
  return sites.all().front()->settings();
}

void count(const std::vector<std::unique_ptr<Site>>& sites, auth::Counter counter) {
  for (const auto& site : sites) site->metrics().add(counter);
}

}  // namespace

// The digest comes first: what changes while the settings are read is read once more next time.
std::unique_ptr<Sites> Reload::operator()(const Sites& in_force) {
  has_failed_ = false;
  const auto digest = auth::settings_digest(place_.environment, place_.program);
  auto all = auth::load_sections(place_.environment, place_.program);
  if (!all) return refuse(in_force, all.error());
  if (digest && digest == digest_) return nullptr;
  auto made = make(*std::move(all), in_force);
  if (!made) return refuse(in_force, made.error());
  count((*made)->all(), auth::Counter::kSettingsRead);
  next_digest_ = digest;
  has_other_threads_ = program_settings(**made).threads != program_settings(in_force).threads;
  return *std::move(made);
}

void Reload::settled(bool is_in_force) {
  if (!is_in_force) return;
  digest_ = next_digest_;
  if (has_other_threads_) {
    auth::log(auth::LogLevel::kWarn, "ZITADEL_THREADS counts from the next start of the program");
  }
  const std::string fixed = names_of(auth::settings_of_environment(place_.environment));
  auth::log(auth::LogLevel::kInfo,
            "the changed settings are in force" +
                (fixed.empty()
                     ? ""
                     : "; what stands in the environment stays as it was at the start: " + fixed));
}

std::unique_ptr<Sites> Reload::refuse(const Sites& in_force, const auth::Mistakes& mistakes) {
  count(in_force.all(), auth::Counter::kSettingsFailed);
  for (const std::string& mistake : mistakes) auth::log(auth::LogLevel::kError, mistake);
  auth::log(auth::LogLevel::kError, "the settings before that change stay in force");
  has_failed_ = true;
  return nullptr;
}

std::string_view Reload::status() const noexcept {
  return has_failed_
             ? "serves with the settings before: the changed ones have mistakes, see the log"
             : "serves";
}

// Moves the log file last, since it is in use at once.
auth::Result<std::unique_ptr<Sites>, auth::Mistakes> Reload::make(std::vector<auth::Settings> all,
                                                                  const Sites& in_force) const {
  auto sites = Sites::make(std::move(all), surroundings_, &in_force);
  if (!sites) return sites;
  const auth::Settings& program = program_settings(**sites);
  const std::string trouble = auth::move_log_file(program.log_file);
  if (!trouble.empty()) {
    return auth::Mistakes{"ZITADEL_LOG_FILE " + program.log_file + ' ' + trouble};
  }
  auth::set_log_level(program.log_level);
  auth::set_log_format(program.log_format);
  for (const auto& site : (*sites)->all()) {
    auth::warn_of_settings(site->settings(), surroundings_.lifespan);
  }
  return sites;
}

}  // namespace fcgi
