// SPDX-License-Identifier: Apache-2.0
// Sections of the settings file: what counts in each, and what may not stand where it does.
#pragma once

#include <cstddef>

#include "auth/base/result.h"
#include "auth/settings/sources.h"

namespace auth {

constexpr std::size_t kMostSections = 32;

// What counts in one of them: its own, and what it takes over from before the first one.
[[nodiscard]] SettingSources sources_of(const SettingSection& section, const SettingSources& all);

// Whether what stands before the first section, or in the environment, is for an instance as well,
// or nobody can tell that it is not.
[[nodiscard]] bool names_instance(const SettingSources& all);

// What is wrong with the headings, and with where settings stand.
[[nodiscard]] Mistakes check_sections(const SettingSources& all);

// For a sentence about a section: "[example.org] (.env, line 3)".
[[nodiscard]] std::string with_origin(const SettingSection& section);

}  // namespace auth
