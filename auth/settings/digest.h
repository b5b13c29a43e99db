// SPDX-License-Identifier: Apache-2.0
// The digest of the settings: it changes when there is something new to read.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "auth/settings/sources.h"

namespace auth {

using SettingsDigest = std::array<unsigned char, 32>;

// Returns the SHA-256 of the current contents and the paths of all files that hold settings or that
// settings name. A file that is not regular, cannot be read or is longer than a settings file may
// be goes into the digest as such. nullopt if OpenSSL fails.
[[nodiscard]] std::optional<SettingsDigest> settings_digest(const Environment& environment,
                                                            std::string_view program);

}  // namespace auth
