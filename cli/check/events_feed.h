// SPDX-License-Identifier: Apache-2.0
// Reports how far the feed of the running processes is, according to what they share.
#pragma once

#include "auth/base/clock.h"
#include "auth/settings/settings.h"
#include "auth/store/shared_cache.h"
#include "cli/check/findings.h"

namespace cli {

// shared: what the processes share; null if they share nothing.
void check_feed(const auth::Settings& settings, auth::SharedCache* shared, const auth::Clock& clock,
                Findings& findings);

}  // namespace cli
