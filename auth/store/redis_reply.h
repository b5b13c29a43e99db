// SPDX-License-Identifier: Apache-2.0
// Commands for a Redis or Valkey server, and its replies. A Mistake about a reply is for the log:
// of the server's text it contains only an error's code, and no secret.
#pragma once

#include <string>
#include <vector>

namespace auth::redis {

// A name, and its arguments.
using Command = std::vector<std::string>;

struct Reply {
  enum class Kind { kText, kNothing, kError, kOther };
  Kind kind = Kind::kOther;
  // The text; for an error only its code, such as WRONGTYPE: the rest may hold anything. For
  // another kind, the words that follow "it answers" in a message.
  std::string text{};
};

}  // namespace auth::redis
