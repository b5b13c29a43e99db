// SPDX-License-Identifier: Apache-2.0
// Checks the way to ZITADEL, step by step: name, TLS, instance, issuer, clock, this API's own
// credentials, key set.
#pragma once

#include <optional>
#include <string>

#include "auth/jose/jwk.h"
#include "auth/settings/settings.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"

namespace cli {

// What later checks need to know of the instance.
struct Instance {
  std::string introspection_endpoint{};  // empty: there is none to ask
  bool is_reached = false;
  bool takes_us = false;  // our credentials are good
  std::optional<auth::jose::JwkSet> keys{};
};

// Stops if the steps that follow would only repeat the same error.
[[nodiscard]] Instance check_instance(const auth::Settings& settings, fcgi::Judge& judge,
                                      Findings& findings);

}  // namespace cli
