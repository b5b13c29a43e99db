// SPDX-License-Identifier: Apache-2.0
// What there is of a key already, in its file and in ZITADEL, and whether another one is to be
// made.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "auth/base/result.h"
#include "cli/setup/context.h"

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

// The keys that ZITADEL has.
using KeyList = std::function<ApiResult<std::vector<FoundKey>>()>;

// Refuses a file that the set-up did not write, and a key that is of no use any more where nothing
// was said of replacing it. name: of the file. list: null where there is nothing that could have
// keys.
[[nodiscard]] auth::Result<SurveyedKey, auth::Mistake> survey_key(const Context& context,
                                                                  const KeySlot& slot,
                                                                  const char* name,
                                                                  const KeyList& list);

}  // namespace cli
