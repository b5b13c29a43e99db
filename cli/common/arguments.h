// SPDX-License-Identifier: Apache-2.0
// The command line of a command, taken apart: "--name value", "--name=value", "--flag".
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"

namespace cli {

struct Option {
  enum class Kind {
    kValue,   // one value
    kValues,  // may be given several times
    kWords,   // the same, and each time takes the words up to the next option
    kFlag,    // no value
  };

  std::string_view name;  // "--key"
  Kind kind = Kind::kValue;
  bool required = false;
  std::vector<std::string_view> values{};  // as they stand behind it; a flag has an empty one

  [[nodiscard]] bool given() const noexcept { return !values.empty(); }
  // The first one; empty where it is not given.
  [[nodiscard]] std::string_view value() const { return given() ? values[0] : ""; }
};

enum class Asked { kWork, kHelp, kVersion };

// "--key is missing": a mistake in an option.
[[nodiscard]] auth::Mistake option_mistake(std::string_view option, std::string_view what);

// Puts the values into the options. Refuses what is none of them, lacks its value, is given more
// than once or is missing. What stands behind --help or --version is not looked at. arguments:
// without the program's name; the values are views into them.
[[nodiscard]] auth::Result<Asked, auth::Mistake> read_arguments(
    const std::vector<std::string_view>& arguments, std::initializer_list<Option*> options);

}  // namespace cli
