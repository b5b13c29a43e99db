// SPDX-License-Identifier: Apache-2.0
// api.env: the settings that api.fcgi starts with.
#pragma once

#include <string>

#include "auth/base/result.h"
#include "cli/setup/context.h"

namespace cli {

// Complete: the instance, the project, the key's file, and what else the options need.
[[nodiscard]] auth::Result<std::string, auth::Mistake> settings_text(const Context& context,
                                                                     const std::string& project);

enum class SettingsFile {
  kMissing,  // or as `make install` puts it there
  kWritten,  // as it should be
  kOld,      // as it was written before, with other options
  kEdited,   // written here and changed by hand since
};

// The line of it that names the key with which events are read.
[[nodiscard]] std::string events_setting();

// Refuses a file that was not written here.
[[nodiscard]] auth::Result<SettingsFile, auth::Mistake> look_at_settings(const Context& context,
                                                                         const std::string& wanted);

}  // namespace cli
