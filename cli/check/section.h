// SPDX-License-Identifier: Apache-2.0
// Chooses the section of the settings that zitadel-check checks.
#pragma once

#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/settings/settings.h"

namespace cli {

// all: the result of load_sections. place: as a heading names it, "/" for the settings before the
// first heading, or empty if there is nothing to choose. The mistake is one in the command line.
[[nodiscard]] auth::Result<auth::Settings, auth::Mistake> choose_section(
    std::vector<auth::Settings> all, std::string_view place);

}  // namespace cli
