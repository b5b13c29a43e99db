// SPDX-License-Identifier: Apache-2.0
// Looking with the eyes of the user that the program will run as.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/settings/sources.h"
#include "fcgi/command/report.h"

namespace fcgi {

// Makes this process one of that user for good, where the user can read all files of the settings.
// Else reports what it cannot read, with the commands that mend it, stays who it is, and returns
// the subjects of those files (auth/settings/load.h), so that they are not reported again. The
// mistake is one of the command line: an unknown user, or this process is not root's.
[[nodiscard]] auth::Result<std::vector<std::string>, auth::Mistake> become_user(
    const std::string& user, const auth::Environment& environment, std::string_view program,
    Report& report);

}  // namespace fcgi
