// SPDX-License-Identifier: Apache-2.0
// The rules that the settings name.
#pragma once

#include <memory>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/result.h"
#include "auth/settings/settings.h"
#include "fcgi/guard/rules_file.h"

namespace fcgi {

// Null where nothing is to be protected but the program's own endpoints. Gives also the mistakes in
// what a protected program is to be told. Clock and metrics must outlive them.
[[nodiscard]] auth::Result<std::unique_ptr<RulesFile>, auth::Mistakes> open_rules(
    const auth::Settings& settings, const auth::Clock& clock,
    auth::Metrics& metrics = auth::Metrics::unread());

}  // namespace fcgi
