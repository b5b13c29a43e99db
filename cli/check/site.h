// SPDX-License-Identifier: Apache-2.0
// Checks the site from outside, as a caller and as a stranger sees it.
#pragma once

#include <string>

#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "cli/check/findings.h"

namespace cli {

// url: where the API is served, without a slash at its end. token: empty, or a token that is sent
// to the site if that is safe.
void check_site(const std::string& url, const auth::Settings& settings, auth::SecretView token,
                Findings& findings);

}  // namespace cli
