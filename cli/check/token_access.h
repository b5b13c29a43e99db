// SPDX-License-Identifier: Apache-2.0
// Reports what the program does with a token at each of its endpoints and by each rule.
#pragma once

#include <memory>

#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "auth/token/claims.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"
#include "fcgi/guard/router.h"

namespace cli {

using KnownClaims = std::shared_ptr<const auth::Claims>;

// Asks as the program would, and reports the result. Returns null if the program refuses the token.
[[nodiscard]] KnownClaims tell_access(const auth::Settings& settings, auth::SecretView token,
                                      const fcgi::Router& router, fcgi::Judge& judge,
                                      Findings& findings);

}  // namespace cli
