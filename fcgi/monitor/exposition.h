// SPDX-License-Identifier: Apache-2.0
// Exposition: the metrics as Prometheus reads them (text format 0.0.4).
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "fcgi/monitor/about.h"

namespace fcgi {

constexpr const char* kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

// All families are always there, except those of which nothing is known, such as keys without an
// expiry.
[[nodiscard]] std::string exposition_of(const auth::Metrics::Seen& seen, const About& about,
                                        auth::WallMicroseconds now);

}  // namespace fcgi
