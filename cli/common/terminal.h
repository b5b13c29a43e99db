// SPDX-License-Identifier: Apache-2.0
// What a command says, and what its environment tells it.
#pragma once

#include <string>
#include <string_view>

namespace cli {

// "NAME: message" on standard error. What was found outside must not command the terminal: what is
// not visible (auth/base/utf8.h) becomes '?'.
void tell(std::string_view command, std::string message);

// The same; returns EXIT_FAILURE.
[[nodiscard]] int fail(std::string_view command, std::string message);

// Writes all of the text to standard output. False: it cannot be written; errno says why.
[[nodiscard]] bool write_out(std::string_view text);

// The same as an exit status; what went wrong is told.
[[nodiscard]] int print(std::string_view command, std::string_view text);

// Whether standard output is a terminal on which a line can be written over.
[[nodiscard]] bool is_lively_terminal();

// Whether ZITADEL_ALLOW_HTTP=1 is in the environment.
[[nodiscard]] bool http_is_allowed();

}  // namespace cli
