// SPDX-License-Identifier: Apache-2.0
// --remove: takes away what the set-up has made, and nothing that others need.
#pragma once

#include <string>
#include <vector>

#include "cli/setup/context.h"
#include "cli/setup/report.h"

namespace cli {

// What to remove in ZITADEL and in DIR, and what to keep because others have put something into it.
struct Removal {
  bool project = false;
  std::vector<std::string> roles{};
  bool application = false;
  bool application_keys = false;
  bool user = false;
  bool user_keys = false;
  bool grant = false;
  std::vector<std::string> grant_roles{};  // that the authorization keeps; empty: it is removed
  bool events_user = false;
  bool events_member = false;
  bool events_keys = false;
  std::vector<std::string> files{};
  Plan plan{};
};

// Decides what to remove. Changes nothing in ZITADEL or in DIR.
[[nodiscard]] auth::Result<Removal, auth::Mistake> look_for_removal(Context& context);

// May be interrupted anywhere: the next run completes it.
[[nodiscard]] Done carry_out(Context& context, const Removal& removal, Report& report);

}  // namespace cli
