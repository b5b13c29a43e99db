// SPDX-License-Identifier: Apache-2.0
// The status page for a person: the metrics as drawings (status.html), and their numbers.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "fcgi/http/response.h"
#include "fcgi/monitor/about.h"

namespace fcgi {

// Returns the page with the current numbers, so that it shows everything without a script; its own
// script draws the last hour, and asks for status.json again.
[[nodiscard]] Response status_page(const auth::Metrics::Seen& seen, const About& about,
                                   auth::WallMicroseconds now);

// Returns the numbers that are drawn.
[[nodiscard]] std::string status_json(const auth::Metrics::Seen& seen, const About& about,
                                      auth::WallMicroseconds now);

}  // namespace fcgi
