// SPDX-License-Identifier: Apache-2.0
// Writes the output of a command, and reads its environment.
#pragma once

#include <string>
#include <string_view>

namespace cli {

// Writes "NAME: message" to standard error. Text from outside must not control the terminal: what
// is not visible (auth/base/utf8.h) becomes '?'.
void tell(std::string_view command, std::string message);

// Like tell; returns EXIT_FAILURE.
[[nodiscard]] int fail(std::string_view command, std::string message);

// Writes all of the text to standard output. Returns false if it cannot be written; errno says why.
[[nodiscard]] bool write_out(std::string_view text);

// Like write_out, but returns an exit status and reports an error on standard error.
[[nodiscard]] int print(std::string_view command, std::string_view text);

// Whether standard output is a terminal on which a line can be overwritten.
[[nodiscard]] bool is_lively_terminal();

// Whether ZITADEL_ALLOW_HTTP=1 is in the environment.
[[nodiscard]] bool http_is_allowed();

}  // namespace cli
