// SPDX-License-Identifier: Apache-2.0
// The command line of zitadel-token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "cli/common/arguments.h"

namespace cli {

struct TokenOptions {
  Asked asked = Asked::kWork;
  std::string key_file{};
  std::string domain{};  // ZITADEL's URL, spelt as plain_url does it
  std::string project{};
  std::string scope{};    // all that is asked for, space-separated (RFC 6749 §3.3)
  std::string ca_file{};  // empty: the system's
};

// Whether it is a usual id of a project: a number, as ZITADEL makes them, or "zitadel" for
// ZITADEL's own project. An administrator may have chosen another id.
[[nodiscard]] bool is_usual_project_id(std::string_view project) noexcept;

// Returns the scope that is always asked for: with it, the project's API accepts the token, and the
// roles are in it.
[[nodiscard]] std::string scope_for(const std::string& project);

// arguments: without the program's name. allow_http: whether http:// may go to other than loopback
// addresses.
[[nodiscard]] auth::Result<TokenOptions, auth::Mistake> parse_token_options(
    const std::vector<std::string_view>& arguments, bool allow_http);

// The text of --help.
[[nodiscard]] std::string_view token_help() noexcept;

}  // namespace cli
