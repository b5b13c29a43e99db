// SPDX-License-Identifier: Apache-2.0
// What `api.fcgi --check` looks at: all that would keep the program from its work, but for ZITADEL
// itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/settings/settings.h"
#include "auth/settings/sources.h"
#include "fcgi/command/report.h"

namespace fcgi {

// Nothing where there are mistakes, which are then reported; but not those whose sentence begins
// with one of the subjects that are told already.
[[nodiscard]] std::optional<std::vector<auth::Settings>> check_settings(
    const auth::Environment& environment, std::string_view program,
    const std::vector<std::string>& told, Report& report);

// How to name a settings file, where none is there; empty where one is.
[[nodiscard]] std::string missing_file_note(const auth::Environment& environment,
                                            std::string_view program);

// Of each section key, rules, cache and events; of the program log and listener. Makes and changes
// no file.
void check_rest(const std::vector<auth::Settings>& all, int listener, Report& report);

}  // namespace fcgi
