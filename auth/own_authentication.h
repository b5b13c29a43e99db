// SPDX-License-Identifier: Apache-2.0
// How this API authenticates at ZITADEL, according to the settings.
#pragma once

#include <memory>

#include "auth/zitadel/client_assertion.h"

namespace auth {

struct Settings;

// Returns that authentication. Takes the client secret out of the settings. The clock must outlive
// the authentication.
[[nodiscard]] std::unique_ptr<ClientAuthentication> own_authentication(Settings& settings,
                                                                       const Clock& clock);

}  // namespace auth
