// Response: what goes back to the web server, in CGI's form (RFC 3875 §6).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fcgi {

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};  // without Status, Content-Length
  std::string body{};
};

// A JSON body with its Content-Type.
[[nodiscard]] Response json_response(int status, std::string body);

// {"message": text}
[[nodiscard]] Response message_response(std::string_view text);

// {"error": code, "error_description": description}
[[nodiscard]] Response error_response(int status, std::string_view code,
                                      std::string_view description);

// The whole answer as bytes: "Status" first (lighttpd drops what an authorizer sends before it),
// the headers, Content-Length, an empty line, and the body unless it answers a HEAD or the status
// has none. A header that holds a control character is left out: nothing can break out of its line.
[[nodiscard]] std::string serialise(const Response& response, bool head);

}  // namespace fcgi
