// SPDX-License-Identifier: Apache-2.0
// Runs zitadel-setup, from the options to the end.
#pragma once

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"
#include "cli/setup/options.h"

namespace cli {

// Asks ZITADEL what exists, shows the plan, asks for consent, and carries out the plan. The mistake
// is a sentence for the user.
[[nodiscard]] auth::Result<void, auth::Mistake> set_up(const SetupOptions& options, bool allow_http,
                                                       auth::HttpClient& http,
                                                       const auth::Clock& clock);

}  // namespace cli
