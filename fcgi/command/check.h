// SPDX-License-Identifier: Apache-2.0
// `api.fcgi --check`: checks everything that would keep the program from its work, except ZITADEL
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

// Returns the settings; nullopt if there are mistakes, which are then reported. Mistakes whose
// sentence begins with one of the subjects in `told` are left out: they are reported already.
[[nodiscard]] std::optional<std::vector<auth::Settings>> check_settings(
    const auth::Environment& environment, std::string_view program,
    const std::vector<std::string>& told, Report& report);

// Returns how to name a settings file if there is none; empty if there is one.
[[nodiscard]] std::string missing_file_note(const auth::Environment& environment,
                                            std::string_view program);

// Checks key, rules, cache and events of each section, and log and listener of the program. Makes
// and changes no file.
void check_rest(const std::vector<auth::Settings>& all, int listener, Report& report);

}  // namespace fcgi
