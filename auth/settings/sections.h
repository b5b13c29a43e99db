// SPDX-License-Identifier: Apache-2.0
// Sections of the settings file: which settings count in each, and which are in a wrong place.
#pragma once

#include <cstddef>

#include "auth/base/result.h"
#include "auth/settings/sources.h"

namespace auth {

constexpr std::size_t kMostSections = 32;

// Returns the settings that count in a section: its own, and those that it takes over from before
// the first section.
[[nodiscard]] SettingSources sources_of(const SettingSection& section, const SettingSources& all);

// Returns whether the settings before the first section, or in the environment, are for an instance
// as well. True also if they may be, because not everything could be read.
[[nodiscard]] bool names_instance(const SettingSources& all);

// Returns the mistakes of headings, and those of settings that are in a wrong place.
[[nodiscard]] Mistakes check_sections(const SettingSources& all);

// Begins a sentence about a section: "[example.org] (.env, line 3)".
[[nodiscard]] std::string with_origin(const SettingSection& section);

}  // namespace auth
