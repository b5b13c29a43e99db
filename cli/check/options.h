// SPDX-License-Identifier: Apache-2.0
// The command line of zitadel-check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "cli/common/arguments.h"

namespace cli {

struct CheckOptions {
  Asked asked = Asked::kWork;
  std::vector<std::string> token_files{};  // "-": standard input
  std::string user_key{};                  // file of the key with which a token is got
  std::string url{};                       // where the API is served, spelt as plain_url does it
  std::string user{};                      // id of the user whose events are meant
  std::string grant{};                     // an authorization's id
  std::string section{};                   // a place that the wanted section names
  bool json = false;
};

// arguments: without the program's name.
[[nodiscard]] auth::Result<CheckOptions, auth::Mistake> parse_check_options(
    const std::vector<std::string_view>& arguments);

[[nodiscard]] std::string_view check_help() noexcept;

}  // namespace cli
