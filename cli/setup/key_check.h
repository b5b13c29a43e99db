// SPDX-License-Identifier: Apache-2.0
// Whether a key that was just made works: ZITADEL's word counts, not ours.
#pragma once

#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "cli/setup/context.h"

namespace cli {

// file: the text of a key file. Each asks until it is taken, or until kPatience is over.
// With an application key: asks about a made-up token.
[[nodiscard]] Done check_application_key(const Context& context, auth::SecretView file);
// With a service user's key: gets a token for the project.
[[nodiscard]] Done check_user_key(const Context& context, auth::SecretView file);

// With the key of the user that reads events: searches for one.
[[nodiscard]] Done check_events_key(const Context& context, auth::SecretView file);

}  // namespace cli
