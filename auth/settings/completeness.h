// SPDX-License-Identifier: Apache-2.0
// Completeness: checks that every required setting is set, and that settings which exclude each
// other are not set together.
#pragma once

#include "auth/base/result.h"
#include "auth/settings/settings.h"
#include "auth/settings/sources.h"

namespace auth {

// Returns the mistakes. A setting in a line that could not be read does not count as missing.
[[nodiscard]] Mistakes check_completeness(const SettingSources& sources, Validation validation);

}  // namespace auth
