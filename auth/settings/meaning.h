// SPDX-License-Identifier: Apache-2.0
// Finds the setting that somebody may have meant by a name that no setting has.
#pragma once

#include <string_view>

namespace auth {

// Returns the setting that the words of a name mean, in any order and with the usual other words
// for it: DOMAIN and ZITADEL_ISSUER mean ZITADEL_DOMAIN, ZITADEL_KEY_FILE means
// API_PRIVATE_KEY_FILE_PATH. Empty if no setting is meant, or if the name has other words as well.
[[nodiscard]] std::string_view setting_meant_by(std::string_view name);

}  // namespace auth
