// SPDX-License-Identifier: Apache-2.0
/// @file
/// Response: what goes back to the web server, in CGI's form (RFC 3875 §6).
#ifndef ZITADEL_FCGI_RESPONSE_H
#define ZITADEL_FCGI_RESPONSE_H

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zitadel_fcgi {

/// A whole answer. A header whose name is no token or whose value holds a control character is not
/// sent, and a status outside of 200 to 599 is sent as 500.
struct Response {
  int status = 200;  ///< HTTP status
  /// Names and values; the server writes Status and Content-Length.
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};  ///< any bytes; not sent to a HEAD, nor with 204 and 304

  /// Returns the first header with that name, given in lower case; null if there is none.
  [[nodiscard]] const std::string* header(std::string_view lower_case_name) const noexcept;
};

/// Makes a response with a JSON body and its Content-Type.
[[nodiscard]] Response json_response(int status, std::string body);

/// {"message": text}
[[nodiscard]] Response message_response(std::string_view text);

/// {"error": code, "error_description": description}
[[nodiscard]] Response error_response(int status, std::string_view code,
                                      std::string_view description);

}  // namespace zitadel_fcgi

#endif
