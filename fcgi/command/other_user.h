// SPDX-License-Identifier: Apache-2.0
// Checks files as the user that the program will run as.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/settings/sources.h"
#include "fcgi/command/report.h"

namespace fcgi {

// Makes this process one of that user for good, if the user can read all files of the settings.
// Otherwise reports what the user cannot read, with the commands that mend it, changes no user, and
// returns the subjects of those files (auth/settings/load.h), so that they are not reported again.
// The mistake is one of the command line: the user is unknown, or this process is not root's.
[[nodiscard]] auth::Result<std::vector<std::string>, auth::Mistake> become_user(
    const std::string& user, const auth::Environment& environment, std::string_view program,
    Report& report);

}  // namespace fcgi
