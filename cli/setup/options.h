// SPDX-License-Identifier: Apache-2.0
// The command line of zitadel-setup.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "cli/common/arguments.h"

namespace cli {

constexpr std::string_view kDefaultApplication = "api";
constexpr std::string_view kDefaultEventsUser = "zitadel-fcgi-events";

struct SetupOptions {
  enum class Work { kSetUp, kNewKeys, kRotateKeys, kRemoveOldKeys, kRemove };
  enum class TokenType { kAsItIs, kBearer, kJwt };  // as it is: bearer for a new user

  Asked asked = Asked::kWork;
  Work work = Work::kSetUp;
  std::string demo{};    // the folder of the tests' issuer, which brings domain and token_file
  std::string domain{};  // ZITADEL's URL, spelt as plain_url does it
  std::string project{};
  std::vector<std::string> roles{};
  std::string application{};
  std::string user{};
  TokenType token_type = TokenType::kAsItIs;
  std::string folder{};
  std::string organisation{};  // empty: the administrator's own
  std::string token_file{};    // either this or key_file
  std::string key_file{};
  std::string owner{};    // empty: the user that runs it
  std::string ca_file{};  // empty: the system's
  int key_days = 0;       // 0: keys do not end
  bool events = false;
  std::string events_user{};  // the reader; empty: the one so far, else kDefaultEventsUser
  bool dry_run = false;
  bool yes = false;
  bool json = false;
};

// arguments: without the program's name. allow_http: whether http:// may go to other than loopback
// addresses.
[[nodiscard]] auth::Result<SetupOptions, auth::Mistake> parse_setup_options(
    const std::vector<std::string_view>& arguments, bool allow_http);

// The text of --help.
[[nodiscard]] std::string_view setup_help() noexcept;

}  // namespace cli
