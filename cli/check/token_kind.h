// SPDX-License-Identifier: Apache-2.0
// Finds out the kind of a token: opaque or a JWT, and of which instance.
#pragma once

#include <optional>

#include "auth/base/json.h"
#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "cli/check/chain.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"

namespace cli {

struct TokenKind {
  bool is_jwt = false;
  std::optional<auth::Json> payload{};  // of a JWT: unverified, anybody may have written it
  bool is_signed = false;               // by a key of the instance
  bool is_worth_asking = true;          // it may be an access token for this API
};

// Finds out the kind and reports it.
[[nodiscard]] TokenKind look_at_kind(const auth::Settings& settings, auth::SecretView token,
                                     const Instance& instance, fcgi::Judge& judge,
                                     Findings& findings);

}  // namespace cli
