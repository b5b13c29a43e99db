// SPDX-License-Identifier: Apache-2.0
// Before a removal: what a run that was cut off has made without having heard of it.
#pragma once

#include "cli/setup/context.h"

namespace cli {

// The state learns of it.
[[nodiscard]] Done learn_what_was_begun(Context& context);

// Something could not be looked for.
[[nodiscard]] auth::Mistake not_seen(const ApiError& error);

}  // namespace cli
