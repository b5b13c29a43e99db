// SPDX-License-Identifier: Apache-2.0
// What events are asked for with: a personal access token, or a service user's key, out of a file.
#pragma once

#include <string>
#include <variant>

#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/zitadel/key_file.h"

namespace auth {

using EventsToken = std::variant<Secret, ServiceUserKey>;

// The mistake follows the name of what holds the path. Others must not be able to read the file.
[[nodiscard]] Result<EventsToken, Mistake> read_events_token(const std::string& path);

}  // namespace auth
