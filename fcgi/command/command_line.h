// SPDX-License-Identifier: Apache-2.0
// What the program is asked to do instead of serving: by its arguments, typed by a person.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/settings/sources.h"

namespace fcgi {

// Who has started the program.
struct Starter {
  // A web server, for a request of CGI. The arguments may be the client's then: what stands behind
  // the "?" of "/api.cgi?--help" (RFC 3875 §4.4).
  bool is_cgi = false;
  bool has_listener = false;  // standard input is a FastCGI listening socket
  bool has_terminal = false;  // standard input is one
};

// Whether one of the variables is there that RFC 3875 §4.1 has.
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

// arguments: without the program's name. Serves for CGI whatever they are, and on a listening
// socket unless the first one asks for a check, as systemd's ExecStartPre does.
[[nodiscard]] auth::Result<Command, auth::Mistake> parse_command(
    const std::vector<std::string_view>& arguments, const Starter& starter);

[[nodiscard]] std::string_view command_help() noexcept;

}  // namespace fcgi
