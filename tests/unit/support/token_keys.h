// Keys of made-up tokens.
#pragma once

#include <string_view>

#include "auth/cache/token_key.h"
#include "auth/secret.h"

namespace support {

[[nodiscard]] inline auth::TokenKey key_of(std::string_view token) {
  return auth::TokenKey::of(auth::SecretView(token)).value();
}

}  // namespace support
