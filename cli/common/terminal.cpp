// SPDX-License-Identifier: Apache-2.0
#include "cli/common/terminal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <system_error>
#include <utility>

#include "auth/base/utf8.h"

namespace cli {

void tell(std::string_view command, std::string message) {
  message = auth::visible_text(message);
  std::cerr << command << ": " << message << '\n';
}

int fail(std::string_view command, std::string message) {
  tell(command, std::move(message));
  return EXIT_FAILURE;
}

bool write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

int print(std::string_view command, std::string_view text) {
  if (write_out(text)) return EXIT_SUCCESS;
  return fail(command, "standard output: " + std::generic_category().message(errno));
}

bool is_lively_terminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) != 0 && kind != nullptr && *kind != '\0' &&
         std::strcmp(kind, "dumb") != 0;
}

bool http_is_allowed() {
  const char* const value = std::getenv("ZITADEL_ALLOW_HTTP");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

}  // namespace cli
