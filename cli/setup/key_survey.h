// SPDX-License-Identifier: Apache-2.0
// Finds out whether a key exists, in its file and in ZITADEL, and decides whether to make another
// one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "auth/base/result.h"
#include "cli/setup/context.h"

namespace cli {

// The condition of a key and its file.
enum class KeyCondition {
  kMissing,     // neither key nor file exists
  kUnfinished,  // an earlier run was interrupted while it made one
  kGood,
  kEndsSoon,  // within 30 days
  kEnded,
  kFileLost,
  kGone,  // the file is there, but ZITADEL does not know the key any more
};

struct SurveyedKey {
  KeyCondition condition = KeyCondition::kMissing;
  std::string expires{};
  bool replace = false;  // whether a new one must be made
};

// Returns the keys that ZITADEL has.
using KeyList = std::function<ApiResult<std::vector<FoundKey>>()>;

// Refuses a file that the set-up did not write, and a key that cannot be used any more, unless the
// options ask for a new one. name: the file's. list: null if nothing exists that could have keys.
[[nodiscard]] auth::Result<SurveyedKey, auth::Mistake> survey_key(const Context& context,
                                                                  const KeySlot& slot,
                                                                  const char* name,
                                                                  const KeyList& list);

}  // namespace cli
