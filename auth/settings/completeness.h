// SPDX-License-Identifier: Apache-2.0
// Completeness: whether all is set that has to be, and nothing beside what it does not go with.
#pragma once

#include "auth/base/result.h"
#include "auth/settings/settings.h"
#include "auth/settings/sources.h"

namespace auth {

// Nothing is missed that stands in a line which could not be read.
[[nodiscard]] Mistakes check_completeness(const SettingSources& sources, Validation validation);

}  // namespace auth
