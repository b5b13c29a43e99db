// The access token in an Authorization header (RFC 6750 §2.1).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "auth/result.h"
#include "auth/secret.h"

namespace auth {

constexpr std::size_t kMaxAuthorizationBytes = 16 << 10;

// Takes the values of all Authorization headers that arrived. The token is a view into the header.
// Errors: kNoToken (no header, or one of another scheme), kMalformedAuthorization (Bearer without
// exactly one b64token), kRepeatedAuthorization (more than one header, whatever they hold),
// kAuthorizationTooLong (over kMaxAuthorizationBytes).
[[nodiscard]] Result<SecretView> bearer_token(const std::vector<std::string_view>& headers);

}  // namespace auth
