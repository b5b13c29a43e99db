// SPDX-License-Identifier: Apache-2.0
// What the claims of a token say, in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/json.h"
#include "cli/check/findings.h"

namespace cli {

// A claim that is a text or a list of them.
[[nodiscard]] std::vector<std::string> texts_of(const auth::Json& claims, std::string_view name);

// "a, b", or "nobody".
[[nodiscard]] std::string joined(const std::vector<std::string>& texts);

// Reports whose it is, until when, for whom, and its roles. what: what is known already, such as
// "is active".
void tell_claims(const auth::Json& claims, std::string_view what, auth::WallTime now,
                 Findings& findings);

}  // namespace cli
