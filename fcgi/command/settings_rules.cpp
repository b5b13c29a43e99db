// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/settings_rules.h"

#include "fcgi/guard/caller_variables.h"

namespace fcgi {

auth::Result<std::unique_ptr<RulesFile>, auth::Mistakes> open_rules(const auth::Settings& settings,
                                                                    const auth::Clock& clock,
                                                                    auth::Metrics& metrics) {
  if (const auto checked = CallerVariables::check_names(settings.pass_claims); !checked) {
    return auth::Mistakes{"ZITADEL_PASS_CLAIMS: " + checked.error().sentence};
  }
  if (settings.rules_file.empty()) return std::unique_ptr<RulesFile>();
  return RulesFile::open(settings.rules_file, clock, kRulesRest, metrics);
}

}  // namespace fcgi
