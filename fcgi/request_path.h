// The path of a request, as the web server in front will resolve it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fcgi {

// Takes REQUEST_URI: the request target as the client sent it (RFC 9112 §3.2, origin or absolute
// form). Gives its path, percent-decoded once, then "//", "/./" and "/../" folded as Apache,
// lighttpd and nginx fold them; a slash at the end stays. Nothing for what they may read
// differently: a path that does not begin with '/', an unfinished or encoded '/' ("%2F"), a
// backslash, a control character, text that is not UTF-8 (overlong forms included), and "/../"
// above the root.
[[nodiscard]] std::optional<std::string> request_path(std::string_view request_uri);

}  // namespace fcgi
