// SPDX-License-Identifier: Apache-2.0
// Carries out the set-up's steps, one by one. A step may be interrupted anywhere: the next run
// completes it.
#pragma once

#include "cli/setup/context.h"
#include "cli/setup/report.h"
#include "cli/setup/survey.h"

namespace cli {

// Does what plan_of says. Stops at the first mistake; what was done until then stays.
[[nodiscard]] Done carry_out(Context& context, const Survey& found, Report& report);

}  // namespace cli
