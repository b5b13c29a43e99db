// SPDX-License-Identifier: Apache-2.0
// Runs a command: what all commands share, from main to their work and back.
#pragma once

#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/private_process.h"
#include "auth/base/version.h"
#include "cli/common/arguments.h"
#include "cli/common/terminal.h"

namespace cli {

struct Command {
  std::string_view name;
  std::string_view (*help)();
  int usage_status = EXIT_FAILURE;  // exit status if the command line is wrong
};

// Reports a mistake in the command line.
inline void tell_usage(std::string_view command, const auth::Mistake& mistake) {
  tell(command, mistake.sentence + "; see " + std::string(command) + " --help");
}

// Makes the memory of this process private, reads the command line, and shows the help, shows the
// version, or works. parse: returns options, whose member `asked` says which of these, or a
// Mistake. work: takes the options and returns an exit status. Returns the exit status of the
// command.
template <typename Parse, typename Work>
[[nodiscard]] int run_command(const Command& command, int count, char** arguments, Parse parse,
                              Work work) {
  try {
    if (!auth::make_process_private()) {
      return fail(command.name, "the system does not let this process keep its memory to itself");
    }
    const std::string name(command.name);
    const auto options =
        parse(std::vector<std::string_view>(arguments + (count > 0 ? 1 : 0), arguments + count));
    if (!options) {
      tell_usage(name, options.error());
      return command.usage_status;
    }
    switch (options->asked) {
      case Asked::kHelp:
        return print(name, command.help());
      case Asked::kVersion:
        return print(name, name + " " ZITADEL_FCGI_VERSION "\n");
      case Asked::kWork:
        return work(*options);
    }
    return EXIT_FAILURE;
  } catch (const std::exception& problem) {
    return fail(command.name, problem.what());
  }
}

}  // namespace cli
