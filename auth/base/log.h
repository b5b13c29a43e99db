// SPDX-License-Identifier: Apache-2.0
// The operator's log: one line an event, in one write, to standard error or to a file.
//
// A line reads "TIME zitadel-fcgi[PID] LEVEL: MESSAGE", with the time in UTC, and ends with
// " [request ID]" if it is about a request (log_request.h). If standard error is systemd's journal,
// which records time, process and level itself, a line reads "<n>MESSAGE". Or each line is a JSON
// object. Nothing from outside can forge a line (log_text.h). Thread-safe.
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

// Sends lines to this file (log_file.h) from now on; the first line opens it. Empty: to standard
// error, the default. Lines that the file does not take go to standard error, after one line that
// says why. For the start of the program; later, use move_log_file.
void set_log_file(std::string_view path) noexcept;

// Reopens the file by its name, for example after somebody has renamed the one that was open. No
// line is lost meanwhile.
void reopen_log_file() noexcept;

// Sends lines to this file, or to standard error, from now on; others may log meanwhile. If that
// fails, lines go where they went before, and the reason is returned, "cannot be opened: Permission
// denied"; else an empty text.
[[nodiscard]] std::string move_log_file(std::string_view path);

// Longer messages are cut at 4,000 bytes. Messages never hold a token or a key.
void log(LogLevel level, std::string_view message) noexcept;

// Logs an error that keeps the program from starting: to the log file, if there is one, and to
// standard error, since some people see only the one and some only the other.
void log_failed_start(std::string_view message) noexcept;

}  // namespace auth
