// SPDX-License-Identifier: Apache-2.0
// The operator's log: one line an event, in one write, to standard error or to a file.
//
// A line reads "TIME zitadel-fcgi[PID] LEVEL: MESSAGE", the time in UTC, and behind what is about a
// request " [request ID]" (log_request.h). Where standard error is systemd's journal, which knows
// these, "<n>MESSAGE". Or it is an object of JSON. Nothing from outside can forge a line
// (log_text.h). Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "auth/base/log_text.h"

namespace auth {

enum class LogLevel { kError, kWarn, kInfo, kDebug };

// Lines above this level are dropped. Default: kInfo.
void set_log_level(LogLevel level) noexcept;
[[nodiscard]] bool log_enabled(LogLevel level) noexcept;

// Default: kText.
void set_log_format(LogFormat format) noexcept;

// From now on lines go to this file (log_file.h), which the first one opens; empty: to standard
// error, the default. What the file does not take goes to standard error, after one line that says
// why. For the start: see move_log_file.
void set_log_file(std::string_view path) noexcept;

// Opens the file of that name now, such as after somebody has renamed the one that was open. No
// line is lost meanwhile.
void reopen_log_file() noexcept;

// From now on lines go to this file, or to standard error, while others log. Gives why they go on
// to where they went, "cannot be opened: Permission denied", or nothing.
[[nodiscard]] std::string move_log_file(std::string_view path);

// Longer messages are cut at 4,000 bytes. Messages never hold a token or a key.
void log(LogLevel level, std::string_view message) noexcept;

// An error that keeps the program from starting: to standard error as well where there is a file,
// since some see only the one and some only the other.
void log_failed_start(std::string_view message) noexcept;

}  // namespace auth
