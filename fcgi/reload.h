// SPDX-License-Identifier: Apache-2.0
// Reload: reads the settings again, and makes sites of them if they have changed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/result.h"
#include "auth/settings/digest.h"
#include "auth/settings/sources.h"
#include "fcgi/site.h"
#include "fcgi/sites.h"

namespace fcgi {

// The place of the settings of this process.
struct SettingsPlace {
  auth::Environment environment{};
  std::string program{};  // the path of the running program
};

// One thread.
class Reload {
 public:
  // digest: of the settings in force, taken before they were read.
  Reload(SettingsPlace place, const Site::Surroundings& surroundings,
         std::optional<auth::SettingsDigest> digest)
      : place_(std::move(place)), surroundings_(surroundings), digest_(digest) {}

  // Returns the new sites; null if nothing has changed, or if there are mistakes, which are then
  // logged: the sites in force stay.
  [[nodiscard]] std::unique_ptr<Sites> operator()(const Sites& in_force);

  // Takes the result: whether the sites that were made are in force. Also logs which settings
  // cannot change while the program runs.
  void settled(bool is_in_force);

  // Returns the state of the program in words, for a person who asks for it.
  [[nodiscard]] std::string_view status() const noexcept;

 private:
  [[nodiscard]] auth::Result<std::unique_ptr<Sites>, auth::Mistakes> make(
      std::vector<auth::Settings> all, const Sites& in_force) const;
  std::unique_ptr<Sites> refuse(const Sites& in_force, const auth::Mistakes& mistakes);

  const SettingsPlace place_;
  const Site::Surroundings surroundings_;
  std::optional<auth::SettingsDigest> digest_;
  std::optional<auth::SettingsDigest> next_digest_{};
  bool has_other_threads_ = false;
  bool has_failed_ = false;
};

}  // namespace fcgi
