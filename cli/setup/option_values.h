// SPDX-License-Identifier: Apache-2.0
// What the options of zitadel-setup may be given.
#pragma once

#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "cli/common/arguments.h"

namespace cli {

// A name in ZITADEL: of a project, an application or a user.
[[nodiscard]] auth::Result<void, auth::Mistake> check_name(const Option& option);
// The keys of roles.
[[nodiscard]] auth::Result<void, auth::Mistake> check_roles(
    const std::vector<std::string_view>& keys);

// From 1 to 3650; 0 where nothing is given.
[[nodiscard]] auth::Result<int, auth::Mistake> days_of(const Option& option);

}  // namespace cli
