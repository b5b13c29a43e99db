// SPDX-License-Identifier: Apache-2.0
// Reports the claims of a token in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/json.h"
#include "cli/check/findings.h"

namespace cli {

// Returns the texts of a claim that is one text or a list of texts.
[[nodiscard]] std::vector<std::string> texts_of(const auth::Json& claims, std::string_view name);

// Returns "a, b", or "nobody" if there are no texts.
[[nodiscard]] std::string joined(const std::vector<std::string>& texts);

// Reports the token's user, end, audience and roles. what: what is known already: "is active".
void tell_claims(const auth::Json& claims, std::string_view what, auth::WallTime now,
                 Findings& findings);

}  // namespace cli
