// SPDX-License-Identifier: Apache-2.0
// `api.fcgi --rule`: which rule decides about a request, what it asks for, and whether a token
// meets that.
#pragma once

#include <vector>

#include "auth/base/result.h"
#include "auth/settings/settings.h"
#include "fcgi/command/command_line.h"
#include "fcgi/command/report.h"
#include "fcgi/guard/router.h"

namespace fcgi {

// Reports what the rules say or, if there are none, the endpoints. The report is bad if the request
// is refused, or if the token does not meet what is required. The mistake is one of the command
// line. all: the result of load_sections; the request's own section is used.
[[nodiscard]] auth::Result<void, auth::Mistake> ask_rules(const Command& command,
                                                          std::vector<auth::Settings>& all,
                                                          const Router& router, Report& report);

}  // namespace fcgi
