// SPDX-License-Identifier: Apache-2.0
// base64url without padding (RFC 4648 §5, RFC 7515 §2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace auth::jose {

[[nodiscard]] std::string base64url_encode(std::string_view bytes);

// Returns nullopt for anything but the one canonical spelling: no padding, no other alphabet, no
// white space, no bits set beyond the last byte.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace auth::jose
