// SPDX-License-Identifier: Apache-2.0
// Keys of made-up tokens.
#pragma once

#include <string_view>

#include "auth/base/secret.h"
#include "auth/cache/token_key.h"

namespace support {

[[nodiscard]] inline auth::TokenKey key_of(std::string_view token) {
  return auth::TokenKey::of(auth::SecretView(token)).value();
}

}  // namespace support
