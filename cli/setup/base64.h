// Base64 with padding (RFC 4648 §4), as ZITADEL's API has keys.
#pragma once

#include <string>
#include <string_view>

#include "auth/base/secret.h"

namespace cli {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

// Empty for what is not base64.
[[nodiscard]] auth::Secret base64_decode(auth::SecretView text);

}  // namespace cli
