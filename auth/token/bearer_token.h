// SPDX-License-Identifier: Apache-2.0
// The access token in an Authorization header (RFC 6750 §2.1).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace auth {

// Maximum size of an Authorization header, which is the word Bearer and the token: the usual one,
// and the least and the most that an operator may choose. A head of more than kMaxHeadBytes
// (fcgi/server/request_head.h) is never read.
constexpr std::size_t kUsualAuthorizationBytes = 16 << 10;
constexpr std::size_t kLeastAuthorizationBytes = 1 << 10;
constexpr std::size_t kMostAuthorizationBytes = 64 << 10;

// Whether it is a token that bearer_token takes: a b64token that fits into a header of most bytes.
[[nodiscard]] bool is_bearer_token(std::string_view text,
                                   std::size_t most = kUsualAuthorizationBytes) noexcept;

// Whether it is the word "Bearer", in any case: a scheme (RFC 9110 §11.1) or a token's type
// (RFC 6749 §5.1).
[[nodiscard]] bool is_bearer(std::string_view word) noexcept;

// Returns what is wrong with the text of a file that must hold one token alone: "is empty". It
// follows the file's name. Empty if nothing is wrong. text: without the blanks around it.
[[nodiscard]] std::string_view token_text_mistake(std::string_view text) noexcept;

// Takes the values of all Authorization headers that arrived. The token is a view into the header.
//
//   credentials = "Bearer" 1*SP b64token
//   b64token    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
//
// "Bearer" in any case (RFC 9110 §11.1). Blanks and tabs around the value are no part of it
// (RFC 9110 §5.5).
// Errors: kNoToken (no header, an empty one, or one of another scheme), kMalformedAuthorization
// (Bearer without exactly one b64token), kRepeatedAuthorization (more than one header, whatever
// they hold), kAuthorizationTooLong (over most bytes, whatever it holds).
[[nodiscard]] Result<SecretView> bearer_token(std::span<const std::string_view> headers,
                                              std::size_t most = kUsualAuthorizationBytes);

}  // namespace auth
