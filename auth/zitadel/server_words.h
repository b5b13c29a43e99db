// What a server says in an answer of another status than was expected: for the operator's log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "auth/zitadel/http_client.h"

namespace auth {

constexpr std::size_t kMaxServerWords = 300;  // bytes

// Of a JSON object its error and error_description (RFC 6749 §5.2), or else its message; of an HTML
// page its title; of any other text its first line. Valid UTF-8, cut at a whole character, with '?'
// for what would command a terminal or is not UTF-8. Empty where there is nothing of this to say,
// or where it repeats a secret of the request, or a piece of one.
[[nodiscard]] std::string server_words(std::string_view body, const HttpRequest& sent);

// The same, of an answer. Empty with status 200. Takes a while where a long token was sent: not for
// the I/O thread.
[[nodiscard]] inline std::string server_words(const HttpResponse& answer) {
  return answer.sent ? server_words(answer.body, *answer.sent) : std::string();
}

}  // namespace auth
