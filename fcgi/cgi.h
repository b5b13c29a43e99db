// Plain CGI (RFC 3875): one request from the environment, one response to standard output.
#pragma once

#include "fcgi/event_loop.h"
#include "fcgi/response.h"

namespace fcgi {

// Waits until the handler has finished the exchange. False where the response cannot be written.
[[nodiscard]] bool serve_cgi(const EventLoop::Handler& handler);

// Answers without looking at the request, for a program that cannot start.
void refuse_cgi(const Response& response);

}  // namespace fcgi
