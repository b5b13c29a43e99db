// SPDX-License-Identifier: Apache-2.0
// What there is already, in ZITADEL and in DIR, before anything is changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/base/result.h"
#include "cli/setup/context.h"
#include "cli/setup/key_survey.h"
#include "cli/setup/settings_file.h"

namespace cli {

struct Survey {
  std::optional<Found> project{};
  std::vector<std::string> missing_roles{};
  std::optional<Found> application{};
  SurveyedKey application_key{};
  std::optional<Found> user{};
  SurveyedKey user_key{};
  std::optional<FoundGrant> grant{};
  std::vector<std::string> to_grant{};
  std::optional<Found> events_user{};
  bool events_member = false;  // of the instance, and may read the events
  SurveyedKey events_key{};
  bool lacks_events_setting = false;  // api.env was changed by hand, and does not name the key
  SettingsFile settings = SettingsFile::kMissing;
};

// Only asks. The mistake says what stands in the way and what to do.
[[nodiscard]] auth::Result<Survey, auth::Mistake> survey(Context& context);

// A part of it: the user that reads ZITADEL's events.
[[nodiscard]] Done survey_events(Context& context, Survey& found);

// What is to be done about it.
[[nodiscard]] Plan plan_of(const Context& context, const Survey& survey);

}  // namespace cli
