// SPDX-License-Identifier: Apache-2.0
// Parses the command line of a command: "--name value", "--name=value", "--flag".
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
    kWords,   // like kValues, and each time takes all words up to the next option
    kFlag,    // no value
  };

  std::string_view name;  // "--key"
  Kind kind = Kind::kValue;
  bool required = false;
  std::vector<std::string_view> values{};  // in the order given; a flag has one empty value

  [[nodiscard]] bool given() const noexcept { return !values.empty(); }
  // Returns the first value; empty if the option is not given.
  [[nodiscard]] std::string_view value() const { return given() ? values[0] : ""; }
};

enum class Asked { kWork, kHelp, kVersion };

// Returns a mistake in an option: "--key is missing".
[[nodiscard]] auth::Mistake option_mistake(std::string_view option, std::string_view what);

// Puts the values into the options. Refuses an option that is unknown, lacks its value, is given
// more than once or is missing. Does not check the arguments after --help or --version. arguments:
// without the program's name; the values are views into them.
[[nodiscard]] auth::Result<Asked, auth::Mistake> read_arguments(
    const std::vector<std::string_view>& arguments, std::initializer_list<Option*> options);

}  // namespace cli
