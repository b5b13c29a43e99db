// What there is already, in ZITADEL and in DIR, before anything is changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/base/result.h"
#include "cli/setup/context.h"
#include "cli/setup/settings_file.h"

namespace cli {

// How a key and its file are.
enum class KeyCondition {
  kMissing,     // neither
  kUnfinished,  // an earlier run was cut off while it made one
  kGood,
  kEndsSoon,  // within 30 days
  kEnded,
  kFileLost,
  kGone,  // the file is there, but ZITADEL does not know the key any more
};

struct SurveyedKey {
  KeyCondition condition = KeyCondition::kMissing;
  std::string expires{};
  bool replace = false;  // a new one is to be made
};

struct Survey {
  std::optional<Found> project{};
  std::vector<std::string> missing_roles{};
  std::optional<Found> application{};
  SurveyedKey application_key{};
  std::optional<Found> user{};
  SurveyedKey user_key{};
  std::optional<FoundGrant> grant{};
  std::vector<std::string> to_grant{};
  SettingsFile settings = SettingsFile::kMissing;
};

// Only asks. The mistake says what stands in the way and what to do.
[[nodiscard]] auth::Result<Survey, auth::Mistake> survey(Context& context);

// What is to be done about it.
[[nodiscard]] Plan plan_of(const Context& context, const Survey& survey);

}  // namespace cli
