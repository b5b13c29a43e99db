// SPDX-License-Identifier: Apache-2.0
// Names the public Response (zitadel_fcgi/response.h) in this namespace, and writes it in CGI's
// form (RFC 3875 §6).
#pragma once

#include <string>

#include "zitadel_fcgi/response.h"

namespace fcgi {

using zitadel_fcgi::error_response;
using zitadel_fcgi::json_response;
using zitadel_fcgi::message_response;
using zitadel_fcgi::Response;

// Returns a 405 with the methods that are answered: "GET, HEAD".
[[nodiscard]] Response method_not_allowed(std::string allow);

// Whether it may stand in a token, such as a header's name (RFC 9110 §5.6.2).
[[nodiscard]] bool is_token_character(char byte) noexcept;

// Returns the whole answer as bytes: "Status" first (lighttpd drops what an authorizer sends before
// it), the headers, Content-Length, an empty line, and the body unless it answers a HEAD. 204 and
// 304 have neither length nor body. A header whose name is no token or whose value holds a control
// character is left out: nothing can break out of its line. A status outside of 200 to 599 is sent
// as 500. request_id: the value of X-Request-Id, unless the response has that header itself; empty:
// none.
[[nodiscard]] std::string serialise(const Response& response, bool head,
                                    std::string_view request_id = {});

// The same for an answer whose body is written in pieces: without Content-Length, and without the
// response's body.
[[nodiscard]] std::string serialise_head(const Response& response,
                                         std::string_view request_id = {});

// Whether an answer of that status to that method has a body.
[[nodiscard]] bool has_body(const Response& response, bool head) noexcept;

}  // namespace fcgi
