// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/command_line.h"

#include <algorithm>
#include <utility>

#include "auth/base/file_access.h"
#include "auth/base/ip_address.h"

namespace fcgi {
namespace {

using Action = Command::Action;

constexpr std::string_view kCgiVariables[] = {
    "GATEWAY_INTERFACE=", "REQUEST_METHOD=",  "SERVER_PROTOCOL=", "QUERY_STRING=",
    "SCRIPT_NAME=",       "SERVER_SOFTWARE=", "REQUEST_URI=",     "REMOTE_ADDR="};

constexpr std::pair<std::string_view, Action> kFlags[] = {{"--help", Action::kShowHelp},
                                                          {"-h", Action::kShowHelp},
                                                          {"--version", Action::kShowVersion},
                                                          {"-V", Action::kShowVersion},
                                                          {"--settings", Action::kShowSettings},
                                                          {"--check", Action::kCheck},
                                                          {"-t", Action::kCheck}};

bool is_check(std::string_view argument) { return argument == "--check" || argument == "-t"; }

// Takes options one by one.
class Parser {
 public:
  explicit Parser(const std::vector<std::string_view>& arguments) : arguments_(arguments) {}

  auth::Result<Command, auth::Mistake> parse() && {
    command_.action = Action::kCheck;
    for (at_ = 0; at_ < arguments_.size(); ++at_) {
      if (auto taken = take(arguments_[at_]); !taken) return std::move(taken).error();
      if (command_.action == Action::kShowHelp) return std::move(command_);
    }
    if (!command_.token_file.empty() && command_.rule.empty()) {
      return auth::Mistake{"--token-file goes with --rule"};
    }
    if (!command_.from.empty()) {
      if (command_.token_file.empty()) return auth::Mistake{"--from goes with --token-file"};
      if (!auth::IpAddress::parse(command_.from)) {
        return auth::Mistake{"--from takes an IP address: --from 192.0.2.1"};
      }
    }
    if (!command_.rule.empty()) command_.action = Action::kAskRules;
    return std::move(command_);
  }

 private:
  auth::Result<void, auth::Mistake> take(std::string_view argument) {
    for (const auto& [name, action] : kFlags) {
      if (name != argument) continue;
      // --help and the like take precedence over a check that is asked for as well.
      if (action != Action::kCheck) command_.action = action;
      return {};
    }
    const std::size_t equals = std::min(argument.find('='), argument.size());
    const std::string_view name = argument.substr(0, equals);
    std::string* const value = place_of(name);
    if (value == nullptr) return auth::Mistake{std::string(name) + " is not an option"};
    if (!value->empty()) return auth::Mistake{std::string(name) + " is given more than once"};
    if (equals < argument.size()) {
      *value = argument.substr(equals + 1);
    } else if (at_ + 1 < arguments_.size() && !arguments_[at_ + 1].starts_with("--")) {
      *value = arguments_[++at_];
    }
    if (value->empty()) return auth::Mistake{std::string(name) + " needs a value"};
    if (value == &command_.token_file && auth::is_content_for_path(*value)) {
      return auth::Mistake{"--token-file takes the path of a file, not what it holds"};
    }
    return {};
  }

  std::string* place_of(std::string_view name) {
    if (name == "--as") return &command_.user;
    if (name == "--rule") return &command_.rule;
    if (name == "--token-file") return &command_.token_file;
    if (name == "--from") return &command_.from;
    return nullptr;
  }

  const std::vector<std::string_view>& arguments_;
  std::size_t at_ = 0;
  Command command_{};
};

}  // namespace

bool has_cgi_variables(const auth::Environment& environment) {
  return std::any_of(environment.begin(), environment.end(), [](std::string_view variable) {
    return std::any_of(std::begin(kCgiVariables), std::end(kCgiVariables),
                       [&](std::string_view name) { return variable.starts_with(name); });
  });
}

auth::Result<Command, auth::Mistake> parse_command(const std::vector<std::string_view>& arguments,
                                                   const Starter& starter) {
  if (starter.is_cgi) return Command{};
  const bool asks_for_check = !arguments.empty() && is_check(arguments[0]);
  if (starter.has_listener && !asks_for_check) return Command{};
  if (!arguments.empty()) return Parser(arguments).parse();
  return Command{starter.has_terminal ? Action::kIntroduce : Action::kServe};
}

std::string_view command_help() noexcept {
  return R"(Usage: api.fcgi [OPTION]...
zitadel-fcgi: guards an API, or anything a web server serves, with ZITADEL access tokens.

It is a FastCGI and CGI program: a web server, spawn-fcgi or systemd starts it. Without a web
server, on a socket:

  ZITADEL_ENV_FILE=/etc/zitadel-fcgi/api.env \
    spawn-fcgi -n -s /run/zitadel-fcgi/api.sock -M 0660 -u www-data -g www-data -- ./api.fcgi

By hand, it takes:

  -t, --check        read settings, key and rules, and say what is wrong and what mends it
      --as USER      check as the user that the program will run as (asks for root)
      --rule REQUEST
                     say which rule or endpoint decides about that request, and what it asks for;
                     the request in one argument: 'GET /reports/x'
      --token-file FILE
                     with --rule: whether the access token in this file meets it ("-": standard
                     input)
      --from ADDRESS
                     with --token-file: the caller's IP address, for rules with net:
      --settings     list all settings with their defaults
      --help         show this text
      --version      show the version

The settings come from the environment and the file that ZITADEL_ENV_FILE names, else .env. The exit
status of a check is 0, or 78 where something is wrong; of --rule, 1 where the request is refused.
zitadel-check tries the way to ZITADEL, too.
)";
}

}  // namespace fcgi
