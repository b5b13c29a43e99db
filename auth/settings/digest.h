// SPDX-License-Identifier: Apache-2.0
// The digest of the settings: whether there is anything new to be read.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "auth/settings/sources.h"

namespace auth {

using SettingsDigest = std::array<unsigned char, 32>;

// The SHA-256 of all files that the settings are in or name, as they are now, and of their paths.
// What is no regular file, cannot be read or is longer than a file of settings may be counts as
// that. nullopt: OpenSSL fails.
[[nodiscard]] std::optional<SettingsDigest> settings_digest(const Environment& environment,
                                                            std::string_view program);

}  // namespace auth
