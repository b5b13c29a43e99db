// SPDX-License-Identifier: Apache-2.0
// The sealing context: two processes share what they know of tokens only if this is equal for both.
#pragma once

#include <string>

namespace auth {

struct Settings;

// Returns the settings by which answers are asked for and read, the section to which they belong,
// and the certificates by which ZITADEL is known.
[[nodiscard]] std::string sealing_context(const Settings& settings);

}  // namespace auth
