// SPDX-License-Identifier: Apache-2.0
// Checks this API's own key or secret at ZITADEL.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "auth/zitadel/http_client.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"

namespace cli {

// Returns ZITADEL's answer to the introspection of a token, with any status.
[[nodiscard]] auth::Result<auth::HttpResponse> introspect(const std::string& endpoint,
                                                          fcgi::Judge& judge,
                                                          auth::SecretView token);

// Asks about a made-up token. Returns true if ZITADEL answers that it is inactive: the credentials
// are accepted then. clock_error: how wrong this machine's clock is; empty if no error is known.
[[nodiscard]] bool check_credentials(const auth::Settings& settings, const std::string& endpoint,
                                     const std::string& clock_error, fcgi::Judge& judge,
                                     Findings& findings);

// Reports when the key ends, as far as its file says so.
void check_expiry(const auth::Settings& settings, auth::WallTime now, Findings& findings);

}  // namespace cli
