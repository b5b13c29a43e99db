// SPDX-License-Identifier: Apache-2.0
// Plain CGI (RFC 3875): one request from the environment, one response to standard output.
#pragma once

#include <chrono>

#include "fcgi/http/exchange.h"
#include "fcgi/http/response.h"
#include "fcgi/server/server_options.h"

namespace fcgi {

// Serves one request. Waits until the handler has finished the exchange, and the body has come,
// wanted or not. Returns false if the response cannot be written. body_silence: how long to wait
// for the body's next byte.
[[nodiscard]] bool serve_cgi(const Exchange::Handler& handler,
                             std::chrono::milliseconds body_silence = ServerOptions().body_silence);

// Answers the request of a program that cannot start. Only reads the request's body to its end.
void refuse_cgi(const Response& response);

}  // namespace fcgi
