// SPDX-License-Identifier: Apache-2.0
// Which section of the settings zitadel-check looks at.
#pragma once

#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/settings/settings.h"

namespace cli {

// all: of load_sections. place: as a heading names it, "/" for what stands before the first one, or
// empty where there is nothing to choose. The mistake is one of the command line.
[[nodiscard]] auth::Result<auth::Settings, auth::Mistake> choose_section(
    std::vector<auth::Settings> all, std::string_view place);

}  // namespace cli
