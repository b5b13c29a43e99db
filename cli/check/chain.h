// SPDX-License-Identifier: Apache-2.0
// The way to ZITADEL, step by step: name, TLS, instance, issuer, clock, our own credentials, key
// set.
#pragma once

#include <optional>
#include <string>

#include "auth/jose/jwk.h"
#include "auth/settings/settings.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"

namespace cli {

// What later steps need of it.
struct Instance {
  std::string introspection_endpoint{};  // empty: none that may be asked
  bool is_reached = false;
  bool takes_us = false;  // our credentials are good
  std::optional<auth::jose::JwkSet> keys{};
};

// Stops where what follows would only repeat what is wrong.
[[nodiscard]] Instance check_instance(const auth::Settings& settings, fcgi::Judge& judge,
                                      Findings& findings);

}  // namespace cli
