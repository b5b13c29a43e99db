// SPDX-License-Identifier: Apache-2.0
// What a person gets who starts the program by hand.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "fcgi/guard/router.h"

namespace fcgi {

constexpr int kExitRefused = 1;
constexpr int kExitUsage = 64;          // EX_USAGE of sysexits.h
constexpr int kExitConfiguration = 78;  // EX_CONFIG

// Returns the exit status if the arguments, or a terminal without any, ask for something else than
// to serve (fcgi/command/command_line.h); nullopt if the program is to serve. arguments: without
// the program's name.
[[nodiscard]] std::optional<int> run_command(const std::vector<std::string_view>& arguments,
                                             const Router& router);

}  // namespace fcgi
