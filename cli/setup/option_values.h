// SPDX-License-Identifier: Apache-2.0
// Checks the values of the options of zitadel-setup.
#pragma once

#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "cli/common/arguments.h"

namespace cli {

// Checks a name in ZITADEL: of a project, an application or a user.
[[nodiscard]] auth::Result<void, auth::Mistake> check_name(const Option& option);
// Checks the keys of roles.
[[nodiscard]] auth::Result<void, auth::Mistake> check_roles(
    const std::vector<std::string_view>& keys);

// Returns a number of days from 1 to 3650; 0 if the option is not given.
[[nodiscard]] auth::Result<int, auth::Mistake> days_of(const Option& option);

}  // namespace cli
