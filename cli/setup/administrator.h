// SPDX-License-Identifier: Apache-2.0
// The administrator in whose name the set-up works, and the permissions of that administrator.
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

// Returns the token for the management API: from its file, or got with the key.
[[nodiscard]] auth::Result<auth::Secret, auth::Mistake> administrator_token(
    const SetupOptions& options, bool allow_http, auth::HttpClient& http, const auth::Clock& clock);

// Asks ZITADEL who the administrator is and which permissions it has in the organisation.
// of_instance: whether a manager of the whole instance is needed.
[[nodiscard]] auth::Result<Administrator, auth::Mistake> introduce(Management& api,
                                                                   bool of_instance = false);

// The mistake names all wanted permissions that are missing, and the remedy.
[[nodiscard]] auth::Result<void, auth::Mistake> check_permissions(const Administrator& who,
                                                                  const Permissions& wanted);

// Returns the error in words, with the remedy. doing: what failed: "the project could not be made".
[[nodiscard]] auth::Mistake in_words(const ApiError& error, const std::string& doing);

}  // namespace cli
