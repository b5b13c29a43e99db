// What a Redis or Valkey server says, and what is wrong with it.
#pragma once

#include <string>
#include <vector>

namespace auth::redis {

// A name, and its arguments.
using Command = std::vector<std::string>;

struct Reply {
  enum class Kind { kText, kNothing, kError, kOther };
  Kind kind = Kind::kOther;
  // The text; of an error only its code, such as WRONGTYPE: what follows may hold anything. Of
  // another kind what is to be put behind "it answers".
  std::string text{};
};

// For the log: holds nothing that the server said but an error's code, and no secret.
struct Problem {
  std::string words;
};

}  // namespace auth::redis
