// SPDX-License-Identifier: Apache-2.0
// How this API authenticates at ZITADEL, as the settings have it.
#pragma once

#include <memory>

#include "auth/zitadel/client_assertion.h"

namespace auth {

struct Settings;

// Takes the client secret out of the settings. The clock must outlive it.
[[nodiscard]] std::unique_ptr<ClientAuthentication> own_authentication(Settings& settings,
                                                                       const Clock& clock);

}  // namespace auth
