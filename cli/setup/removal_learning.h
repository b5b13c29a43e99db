// SPDX-License-Identifier: Apache-2.0
// Before a removal: finds what an interrupted run has made without receiving the answer.
#pragma once

#include "cli/setup/context.h"

namespace cli {

// Adds to the state what an interrupted run has made.
[[nodiscard]] Done learn_what_was_begun(Context& context);

// Returns the mistake for a search that has failed.
[[nodiscard]] auth::Mistake not_seen(const ApiError& error);

}  // namespace cli
