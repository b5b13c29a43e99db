// SPDX-License-Identifier: Apache-2.0
// Names the public Request (zitadel_fcgi/request.h) in this namespace, with functions that only a
// guard needs.
#pragma once

#include <cstddef>
#include <string_view>

#include "zitadel_fcgi/request.h"

namespace fcgi {

using zitadel_fcgi::Request;

// Variables that may hold an access token, beside Authorization (fcgi/guard/token_sources.h).
inline constexpr std::string_view kCookies = "HTTP_COOKIE";
inline constexpr std::string_view kSubprotocols = "HTTP_SEC_WEBSOCKET_PROTOCOL";
// Minimum size of a credential in one of these, in bytes. What is shorter is no token, and is often
// found elsewhere by chance.
inline constexpr std::size_t kLeastCredential = 16;

// Whether an Apache module asks if a request for something else may go on. The module sends headers
// of a 200 that it does not use itself to the client, with the served content.
[[nodiscard]] bool is_asked_by_apache(const Request& request) noexcept;

// Whether that module is mod_fcgid's FcgidAccessChecker: it uses no header itself.
[[nodiscard]] bool is_access_check(const Request& request) noexcept;

}  // namespace fcgi
