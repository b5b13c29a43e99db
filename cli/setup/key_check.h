// SPDX-License-Identifier: Apache-2.0
// Checks whether a new key works: ZITADEL decides this, not the set-up.
#pragma once

#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "cli/setup/context.h"

namespace cli {

// file: the text of a key file. Each function asks until ZITADEL accepts it or kPatience is over.
// Asks about a made-up token with an application key.
[[nodiscard]] Done check_application_key(const Context& context, auth::SecretView file);
// Gets a token for the project with a service user's key.
[[nodiscard]] Done check_user_key(const Context& context, auth::SecretView file);

// Searches for one event with the key of the user that reads events.
[[nodiscard]] Done check_events_key(const Context& context, auth::SecretView file);

}  // namespace cli
