// SPDX-License-Identifier: Apache-2.0
/// @file
/// run: the whole program around your endpoints.
///
/// @code
/// int main() { return zitadel_fcgi::run(routes()); }
/// @endcode
#ifndef ZITADEL_FCGI_RUN_H
#define ZITADEL_FCGI_RUN_H

#include "zitadel_fcgi/router.h"

namespace zitadel_fcgi {

/// Reads the settings (the environment, then the .env file), serves FastCGI on standard input, or
/// one CGI request (RFC 3875), until SIGTERM, SIGINT or SIGUSR1, and returns main's exit status.
///
/// Answers --help, --version, --settings, --check and --rule as api.fcgi does, from the program's
/// own arguments. Exit status: 0; 1 if it cannot serve; 64 (EX_USAGE) for wrong arguments; 78
/// (EX_CONFIG) if the settings or the routes are wrong; the mistakes are then logged.
///
/// Call it once, from main, while there is no other thread: signals are blocked in this thread and
/// in those that are started afterwards. Throws nothing.
[[nodiscard]] int run(const Router& router) noexcept;

}  // namespace zitadel_fcgi

#endif
