// SPDX-License-Identifier: Apache-2.0
// The page for a person: what is counted, drawn (status.html), and the numbers behind it.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "fcgi/http/response.h"
#include "fcgi/monitor/about.h"

namespace fcgi {

// Filled with the numbers of now, so that it tells all without a script; its own script draws the
// last hour, and asks for status.json anew.
[[nodiscard]] Response status_page(const auth::Metrics::Seen& seen, const About& about,
                                   auth::WallMicroseconds now);

// The numbers that are drawn.
[[nodiscard]] std::string status_json(const auth::Metrics::Seen& seen, const About& about,
                                      auth::WallMicroseconds now);

}  // namespace fcgi
