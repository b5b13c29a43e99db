// SPDX-License-Identifier: Apache-2.0
// RequestTarget: the parts of what a client asks for (RFC 9112 §3.2).
#pragma once

#include <optional>
#include <string_view>

namespace fcgi {

struct RequestTarget {
  std::string_view authority;  // of the absolute form: "host:port"; empty in the origin form
  std::string_view path;       // as it was sent; begins with '/'
  std::string_view query;      // as it was sent, behind the first '?'
};

// Takes the origin form and the absolute form of http and https. Nothing for all others, for a host
// that is written in another way than "host:port" (user names, encoded characters, none at all),
// where there is a blank or a control character, and where there is a '#': what begins there a
// client keeps to itself, and some programs end a path there where the web server did not. The
// views are of the text.
[[nodiscard]] std::optional<RequestTarget> request_target(std::string_view text);

}  // namespace fcgi
