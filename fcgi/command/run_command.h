// What a person gets who starts the program by hand.
#pragma once

#include <optional>

#include "fcgi/guard/router.h"

namespace fcgi {

constexpr int kExitRefused = 1;
constexpr int kExitUsage = 64;          // EX_USAGE of sysexits.h
constexpr int kExitConfiguration = 78;  // EX_CONFIG

// Returns the exit status where the arguments, or a terminal without any, ask for something else
// than to serve (fcgi/command/command_line.h); nullopt where the program is to serve. routes: the
// program's endpoints.
[[nodiscard]] std::optional<int> run_command(int count, char** arguments, Router (*routes)());

}  // namespace fcgi
