// SPDX-License-Identifier: Apache-2.0
// Makes, replaces or completes a key, or removes the ones before it, and reports this.
#pragma once

#include "cli/setup/key_step.h"
#include "cli/setup/key_survey.h"
#include "cli/setup/report.h"

namespace cli {

// what: "application key". slot: the one that the step works on.
[[nodiscard]] Done make_key(const Context& context, KeyStep&& step, const char* what,
                            const KeySlot& slot, const SurveyedKey& surveyed, const char* file,
                            Report& report);

}  // namespace cli
