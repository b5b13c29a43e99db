// SPDX-License-Identifier: Apache-2.0
// Checks the way from ZITADEL_DOMAIN to a discovery document with that issuer.
#pragma once

#include <optional>
#include <string>

#include "auth/settings/settings.h"
#include "auth/zitadel/discovery.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"

namespace cli {

struct Reached {
  std::optional<auth::DiscoveryDocument> document{};
  std::string clock_error{};  // how wrong this machine's clock is; empty: no error is known
};

// Reports on name, TLS, instance, issuer and clock, up to the first that is wrong.
[[nodiscard]] Reached reach_instance(const auth::Settings& settings, fcgi::Judge& judge,
                                     Findings& findings);

}  // namespace cli
