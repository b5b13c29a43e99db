// Response: what goes back to the web server, in CGI's form (RFC 3875 §6).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fcgi {

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>>
      headers{};  // Status and Content-Length are left out
  std::string body{};

  // The first header of that name, given in lower case; a null pointer where there is none.
  [[nodiscard]] const std::string* header(std::string_view lower_case_name) const noexcept;
};

// A JSON body with its Content-Type.
[[nodiscard]] Response json_response(int status, std::string body);

// {"message": text}
[[nodiscard]] Response message_response(std::string_view text);

// {"error": code, "error_description": description}
[[nodiscard]] Response error_response(int status, std::string_view code,
                                      std::string_view description);

// 405 with the methods that are answered: "GET, HEAD".
[[nodiscard]] Response method_not_allowed(std::string allow);

// Whether it may stand in a token, such as a header's name (RFC 9110 §5.6.2).
[[nodiscard]] bool is_token_character(char byte) noexcept;

// The whole answer as bytes: "Status" first (lighttpd drops what an authorizer sends before it),
// the headers, Content-Length, an empty line, and the body unless it answers a HEAD. 204 and 304
// have neither length nor body. A header whose name is no token or whose value holds a control
// character is left out: nothing can break out of its line. A status outside of 200 to 599 is sent
// as 500.
[[nodiscard]] std::string serialise(const Response& response, bool head);

}  // namespace fcgi
