// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/run_command.h"

#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/private_process.h"
#include "auth/base/utf8.h"
#include "auth/base/version.h"
#include "auth/settings/describe.h"
#include "auth/settings/load.h"
#include "fcgi/command/ask_rules.h"
#include "fcgi/command/check.h"
#include "fcgi/command/command_line.h"
#include "fcgi/command/other_user.h"
#include "fcgi/server/server.h"

namespace fcgi {
namespace {

constexpr int kListener = 0;

using Action = Command::Action;

Starter starter_of_this() {
  return {has_cgi_variables(auth::process_environment()), is_fastcgi(),
          ::isatty(STDIN_FILENO) == 1};
}

int say(std::FILE* stream, std::string_view text, int status) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
  return written ? status : kExitRefused;
}

int usage(std::string_view mistake) {
  return say(stderr, "api.fcgi: " + auth::visible_text(mistake) + "; see api.fcgi --help\n",
             kExitUsage);
}

// Writes bad lines to standard error, so that they are seen even if nothing else is kept.
int tell(const Report& report, int status) {
  for (const Report::Line& line : report.lines()) {
    std::FILE* const stream = line.mark == Report::Mark::kBad ? stderr : stdout;
    if (say(stream, Report::shown(line), 0) != 0) return kExitRefused;
  }
  return status;
}

// Answers as the user of --as, or as the current user. Before it is that user, it reads only to
// find out what that user cannot read.
int look(const Command& command, const Router& router) {
  Report report;
  const auth::Environment environment = auth::process_environment();
  const std::string program = auth::process_program();
  std::vector<std::string> unreadable;
  if (!command.user.empty()) {
    auto become = become_user(command.user, environment, program, report);
    if (!become) return usage(become.error().sentence);
    unreadable = *std::move(become);
  }
  if (!auth::make_process_private()) {
    report.bad("process", "the system does not let this process keep its memory to itself");
    return tell(report, kExitRefused);
  }
  for (const std::string& mistake : router.mistakes()) report.bad("routes", mistake);
  auto all = check_settings(environment, program, unreadable, report);
  if (all) check_rest(*all, kListener, report);
  if (command.user.empty() && ::geteuid() == 0) {
    report.note("user",
                "checked as root: --as USER checks as the user that the program will run as");
  }
  if (!report.is_good() || command.action == Action::kCheck) {
    return tell(report, report.is_good() ? 0 : kExitConfiguration);
  }
  Report answer;
  const auto asked = ask_rules(command, *all, router, answer);
  if (!asked) return usage(asked.error().sentence);
  return tell(answer, answer.is_good() ? 0 : kExitRefused);
}

}  // namespace

std::optional<int> run_command(const std::vector<std::string_view>& arguments,
                               const Router& router) {
  const auto command = parse_command(arguments, starter_of_this());
  if (!command) return usage(command.error().sentence);
  switch (command->action) {
    case Action::kServe:
      return std::nullopt;
    case Action::kIntroduce:
      return say(stderr, command_help(), kExitUsage);
    case Action::kShowHelp:
      return say(stdout, command_help(), 0);
    case Action::kShowVersion:
      return say(stdout, "api.fcgi " ZITADEL_FCGI_VERSION "\n", 0);
    case Action::kShowSettings:
      return say(stdout, auth::settings_table(), 0);
    case Action::kCheck:
    case Action::kAskRules:
      return look(*command, router);
  }
  return kExitUsage;
}

}  // namespace fcgi
