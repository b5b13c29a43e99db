// SPDX-License-Identifier: Apache-2.0
// This API's own key or secret at ZITADEL.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "auth/zitadel/http_client.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"

namespace cli {

// What ZITADEL says of a token: its answer of introspection, of any status.
[[nodiscard]] auth::Result<auth::HttpResponse> introspect(const std::string& endpoint,
                                                          fcgi::Judge& judge,
                                                          auth::SecretView token);

// Asks about a made-up token: who is told that it is inactive has been recognised. True where that
// is so. clock_error: how wrong this machine's clock is, empty where it is not seen to be.
[[nodiscard]] bool check_credentials(const auth::Settings& settings, const std::string& endpoint,
                                     const std::string& clock_error, fcgi::Judge& judge,
                                     Findings& findings);

// Reports when the key ends, as far as its file says so.
void check_expiry(const auth::Settings& settings, auth::WallTime now, Findings& findings);

}  // namespace cli
