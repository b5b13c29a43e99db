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

// Reports what the rules say or, where there are none, the endpoints. Bad: the request is refused,
// or the token does not meet it. The mistake is one of the command line. all: of load_sections; the
// request's own section counts.
[[nodiscard]] auth::Result<void, auth::Mistake> ask_rules(const Command& command,
                                                          std::vector<auth::Settings>& all,
                                                          const Router& router, Report& report);

}  // namespace fcgi
