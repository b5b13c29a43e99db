// SPDX-License-Identifier: Apache-2.0
// How far the feed of the running processes is, as they tell each other.
#pragma once

#include "auth/base/clock.h"
#include "auth/settings/settings.h"
#include "auth/store/shared_cache.h"
#include "cli/check/findings.h"

namespace cli {

// shared: what they share; null where nothing is.
void check_feed(const auth::Settings& settings, auth::SharedCache* shared, const auth::Clock& clock,
                Findings& findings);

}  // namespace cli
