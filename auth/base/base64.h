// SPDX-License-Identifier: Apache-2.0
// Base64 with padding (RFC 4648 §4).
#pragma once

#include <string>
#include <string_view>

#include "auth/base/secret.h"

namespace auth {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

// Returns an empty Secret if the text is not base64.
[[nodiscard]] Secret base64_decode(SecretView text);

}  // namespace auth
