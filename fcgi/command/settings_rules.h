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

// Opens the rules; null if only the program's own endpoints are to be protected. Also returns the
// mistakes in the claims that a protected program is to get. Clock and metrics must outlive the
// rules.
[[nodiscard]] auth::Result<std::unique_ptr<RulesFile>, auth::Mistakes> open_rules(
    const auth::Settings& settings, const auth::Clock& clock,
    auth::Metrics& metrics = auth::Metrics::unread());

}  // namespace fcgi
