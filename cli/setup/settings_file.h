// SPDX-License-Identifier: Apache-2.0
// api.env: the settings that api.fcgi starts with.
#pragma once

#include <string>
#include <vector>

#include "auth/base/result.h"
#include "cli/setup/context.h"

namespace cli {

// Returns the complete text: the instance, the project, the key's file, and what else the options
// need.
[[nodiscard]] auth::Result<std::string, auth::Mistake> settings_text(const Context& context,
                                                                     const std::string& project);

enum class SettingsFile {
  kMissing,  // missing, or as `make install` puts it there
  kWritten,  // as it should be
  kOld,      // as it was written before, with other options
  kEdited,   // written by the set-up, then changed by hand
};

// Compares the file with the wanted text. Refuses a file that the set-up did not write.
[[nodiscard]] auth::Result<SettingsFile, auth::Mistake> look_at_settings(const Context& context,
                                                                         const std::string& wanted);

// Returns the wanted lines whose setting the file lacks or gives another value. A line without a
// value is not wanted yet: the project is still to be made.
[[nodiscard]] auth::Result<std::vector<std::string>, auth::Mistake> lines_to_write(
    const Context& context, const std::string& wanted);

// What to say of a file that was changed by hand and needs these lines.
[[nodiscard]] std::string words_of_edited(const std::vector<std::string>& lines);

}  // namespace cli
