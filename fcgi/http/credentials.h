// SPDX-License-Identifier: Apache-2.0
// Credentials of a request beside its Authorization header: values of cookies, and subprotocols of
// a WebSocket's handshake. An access token may be among them (fcgi/guard/token_sources.h).
#pragma once

#include <cstddef>
#include <string_view>

#include "auth/base/text.h"
#include "fcgi/http/request.h"

namespace fcgi {

// Calls take for each piece of each value of the variable, without blanks around it.
template <typename Take>
void for_each_piece(const Request& request, std::string_view variable, char separator, Take take) {
  for (std::string_view rest : request.variables(variable)) {
    for (bool more = true; more;) {
      const std::size_t end = rest.find(separator);
      take(auth::trimmed(rest.substr(0, end)));
      more = end != rest.npos;
      if (more) rest.remove_prefix(end + 1);
    }
  }
}

// RFC 6265 §4.1.1: returns a cookie's value without its quotes, which are no part of it.
[[nodiscard]] std::string_view without_quotes(std::string_view value) noexcept;

// Whether the text contains a credential of at least kLeastCredential bytes. Also true for a long
// text beside so many credentials that looking for each would take too long.
[[nodiscard]] bool contains_credential(const Request& request, std::string_view text);

}  // namespace fcgi
