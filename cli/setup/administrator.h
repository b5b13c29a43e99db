// SPDX-License-Identifier: Apache-2.0
// In whose name the set-up works, and what that administrator may do.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "cli/setup/management.h"
#include "cli/setup/options.h"

namespace cli {

struct Administrator {
  std::string name{};
  std::set<std::string> permissions{};
};

using Permissions = std::vector<std::string>;

// The token for the management API: out of its file, or got with the key.
[[nodiscard]] auth::Result<auth::Secret, auth::Mistake> administrator_token(
    const SetupOptions& options, bool allow_http, auth::HttpClient& http, const auth::Clock& clock);

// Asks ZITADEL who that is and what it may do in the organisation. of_instance: a manager of the
// whole instance is wanted.
[[nodiscard]] auth::Result<Administrator, auth::Mistake> introduce(Management& api,
                                                                   bool of_instance = false);

// The mistake names what is missing, of all that is wanted, and what to do about it.
[[nodiscard]] auth::Result<void, auth::Mistake> check_permissions(const Administrator& who,
                                                                  const Permissions& wanted);

// An answer in words, with the remedy. doing: what was to be done, "the project could not be made".
[[nodiscard]] auth::Mistake in_words(const ApiError& error, const std::string& doing);

}  // namespace cli
