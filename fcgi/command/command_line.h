// SPDX-License-Identifier: Apache-2.0
// The command line: arguments, typed by a person, that ask the program for something else than
// serving.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/settings/sources.h"

namespace fcgi {

// Describes who has started the program.
struct Starter {
  // A web server has started it, for a request of CGI. Then the arguments may come from the client:
  // what follows the "?" of "/api.cgi?--help" (RFC 3875 §4.4).
  bool is_cgi = false;
  bool has_listener = false;  // standard input is a FastCGI listening socket
  bool has_terminal = false;  // standard input is a terminal
};

// Whether one of the variables of RFC 3875 §4.1 is there.
[[nodiscard]] bool has_cgi_variables(const auth::Environment& environment);

struct Command {
  enum class Action {
    kServe,
    kIntroduce,
    kShowHelp,
    kShowVersion,
    kShowSettings,
    kCheck,
    kAskRules
  };
  Action action = Action::kServe;
  std::string user{};        // of --as
  std::string rule{};        // of --rule: "GET /reports/x"
  std::string token_file{};  // "-": standard input
  std::string from{};        // of --from: an IP address
};

// arguments: without the program's name. The command is to serve for CGI whatever they are, and on
// a listening socket unless the first one asks for a check, as systemd's ExecStartPre does.
[[nodiscard]] auth::Result<Command, auth::Mistake> parse_command(
    const std::vector<std::string_view>& arguments, const Starter& starter);

[[nodiscard]] std::string_view command_help() noexcept;

}  // namespace fcgi
