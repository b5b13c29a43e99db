// SPDX-License-Identifier: Apache-2.0
#include "cli/common/arguments.h"

#include <algorithm>
#include <cstddef>

#include "auth/base/file_access.h"

namespace cli {
namespace {

using Kind = Option::Kind;

bool is_option(std::string_view argument) { return argument.starts_with("--"); }

// Whether the option takes the path of a file with a secret.
bool takes_path(std::string_view option) {
  return option.ends_with("-file") || option.ends_with("key");
}

auth::Result<void, auth::Mistake> check_numbers(std::initializer_list<Option*> options) {
  for (const Option* option : options) {
    const bool once = option->kind == Kind::kValue || option->kind == Kind::kFlag;
    if (once && option->values.size() > 1) {
      return option_mistake(option->name, "is given more than once");
    }
  }
  for (const Option* option : options) {
    if (option->required && !option->given()) return option_mistake(option->name, "is missing");
  }
  return {};
}

// Takes the option at that place and its values, and moves the place behind them.
auth::Result<void, auth::Mistake> take_option(const std::vector<std::string_view>& arguments,
                                              std::size_t& place,
                                              std::initializer_list<Option*> options) {
  const std::string_view argument = arguments[place++];
  const std::size_t equals = std::min(argument.find('='), argument.size());
  const std::string_view name = argument.substr(0, equals);
  Option* const* const found = std::find_if(options.begin(), options.end(),
                                            [&](const Option* each) { return each->name == name; });
  if (found == options.end()) return option_mistake(name, "is not an option");
  Option& option = **found;
  if (option.kind == Kind::kFlag) {
    if (equals < argument.size()) return option_mistake(name, "takes no value");
    option.values.emplace_back();
    return {};
  }
  std::vector<std::string_view> values;
  if (equals < argument.size()) {
    values.push_back(argument.substr(equals + 1));
  } else {
    const std::size_t most = option.kind == Kind::kWords ? arguments.size() : 1;
    while (values.size() < most && place < arguments.size() && !is_option(arguments[place])) {
      values.push_back(arguments[place++]);
    }
  }
  if (values.empty() || std::count(values.begin(), values.end(), "") > 0) {
    return option_mistake(name, "needs a value");
  }
  if (takes_path(name) && std::any_of(values.begin(), values.end(), auth::is_content_for_path)) {
    return option_mistake(name, "takes the path of a file, not what it holds");
  }
  option.values.insert(option.values.end(), values.begin(), values.end());
  return {};
}

}  // namespace

auth::Mistake option_mistake(std::string_view option, std::string_view what) {
  return {std::string(option) + ' ' + std::string(what)};
}

auth::Result<Asked, auth::Mistake> read_arguments(const std::vector<std::string_view>& arguments,
                                                  std::initializer_list<Option*> options) {
  for (std::size_t place = 0; place < arguments.size();) {
    if (arguments[place] == "--help" || arguments[place] == "-h") return Asked::kHelp;
    if (arguments[place] == "--version") return Asked::kVersion;
    if (auto taken = take_option(arguments, place, options); !taken) {
      return std::move(taken).error();
    }
  }
  if (auto checked = check_numbers(options); !checked) return std::move(checked).error();
  return Asked::kWork;
}

}  // namespace cli
