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

// Parses the origin form and the absolute form of http and https. nullopt for all others, for a
// host that is not written as "host:port" (user names, encoded characters, no host at all), for a
// blank or a control character, and for a '#': a client does not send what begins there, and some
// programs end a path there although the web server did not. The views point into the text.
[[nodiscard]] std::optional<RequestTarget> request_target(std::string_view text);

}  // namespace fcgi
