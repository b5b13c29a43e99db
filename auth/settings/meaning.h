// SPDX-License-Identifier: Apache-2.0
// What somebody may have meant by a name that is no setting's.
#pragma once

#include <string_view>

namespace auth {

// The setting that is meant by the words of a name, whatever they are called and in which order
// they stand: DOMAIN and ZITADEL_ISSUER mean ZITADEL_DOMAIN, ZITADEL_KEY_FILE means
// API_PRIVATE_KEY_FILE_PATH. Empty where none is, or the name says something else besides.
[[nodiscard]] std::string_view setting_meant_by(std::string_view name);

}  // namespace auth
