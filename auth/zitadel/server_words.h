// SPDX-License-Identifier: Apache-2.0
// The words of a server in an answer of an unexpected status, for the operator's log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "auth/zitadel/http_client.h"

namespace auth {

constexpr std::size_t kMaxServerWords = 300;  // bytes

// Returns error and error_description of a JSON object (RFC 6749 §5.2), or else its message; the
// title of an HTML page; the first line of any other text. The result is valid UTF-8, cut at a
// whole character, with '?' for what is not UTF-8 or would control a terminal. It is empty if there
// is no such text, or if the text repeats a secret of the request or a piece of one.
[[nodiscard]] std::string server_words(std::string_view body, const HttpRequest& sent);

// The same, of an answer. Empty with status 200. Slow if a long token was sent: not for the I/O
// thread.
[[nodiscard]] inline std::string server_words(const HttpResponse& answer) {
  return answer.sent ? server_words(answer.body, *answer.sent) : std::string();
}

}  // namespace auth
