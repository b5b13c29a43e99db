// SPDX-License-Identifier: Apache-2.0
// EventsToken: the credential for ZITADEL's events, a personal access token or a service user's key
// in a file.
#pragma once

#include <string>
#include <variant>

#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/zitadel/key_file.h"

namespace auth {

using EventsToken = std::variant<Secret, ServiceUserKey>;

// Reads the file, which others must not be able to read. The mistake follows the name of what holds
// the path.
[[nodiscard]] Result<EventsToken, Mistake> read_events_token(const std::string& path);

}  // namespace auth
