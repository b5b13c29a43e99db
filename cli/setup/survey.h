// SPDX-License-Identifier: Apache-2.0
// Finds what exists in ZITADEL and in DIR, before anything is changed.
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
  bool events_member = false;  // the user is a member of the instance, and may read the events
  SurveyedKey events_key{};
  std::vector<std::string> lines_to_write{};  // that api.env needs, which was changed by hand
  SettingsFile settings = SettingsFile::kMissing;
};

// Asks ZITADEL, and changes nothing. The mistake says what stands in the way and what to do.
[[nodiscard]] auth::Result<Survey, auth::Mistake> survey(Context& context);

// A part of survey: the user that reads ZITADEL's events.
[[nodiscard]] Done survey_events(Context& context, Survey& found);

// Returns what must be done, according to the survey.
[[nodiscard]] Plan plan_of(const Context& context, const Survey& survey);

}  // namespace cli
