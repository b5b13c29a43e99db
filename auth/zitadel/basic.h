// SPDX-License-Identifier: Apache-2.0
// HTTP Basic with a client id and a client secret (RFC 6749 §2.3.1, RFC 7617).
#pragma once

#include <string_view>

#include "auth/base/secret.h"

namespace auth {

// Returns the value of the Authorization header. Both parts are form-encoded first.
[[nodiscard]] Secret basic_authorization(std::string_view client_id, const Secret& client_secret);

// Returns the client secret in such a value, still form-encoded; empty if the value is none.
[[nodiscard]] Secret secret_of_basic(const Secret& authorization);

}  // namespace auth
