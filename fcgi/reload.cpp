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

}  // namespace

// The digest comes first: what changes while the settings are read is read once more next time.
std::unique_ptr<Site> Reload::operator()(const Site& in_force) {
  has_failed_ = false;
  const auto digest = auth::settings_digest(place_.environment, place_.program);
  auto settings = auth::load_settings(place_.environment, place_.program);
  if (!settings) return refuse(in_force, settings.error());
  if (digest && digest == digest_) return nullptr;
  auto made = make(*std::move(settings), in_force);
  if (!made) return refuse(in_force, made.error());
  (*made)->metrics().add(auth::Counter::kSettingsRead);
  next_digest_ = digest;
  has_other_threads_ = (*made)->settings().threads != in_force.settings().threads;
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

std::unique_ptr<Site> Reload::refuse(const Site& in_force, const auth::Mistakes& mistakes) {
  in_force.metrics().add(auth::Counter::kSettingsFailed);
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

// The log's file last: it is in use at once.
auth::Result<std::unique_ptr<Site>, auth::Mistakes> Reload::make(auth::Settings settings,
                                                                 const Site& in_force) const {
  auto site = Site::make(std::move(settings), surroundings_, &in_force);
  if (!site) return site;
  const auth::Settings& made = (*site)->settings();
  const std::string trouble = auth::move_log_file(made.log_file);
  if (!trouble.empty()) {
    return auth::Mistakes{"ZITADEL_LOG_FILE " + made.log_file + ' ' + trouble};
  }
  auth::set_log_level(made.log_level);
  auth::set_log_format(made.log_format);
  auth::warn_of_settings(made, surroundings_.lifespan);
  return site;
}

}  // namespace fcgi
