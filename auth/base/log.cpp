// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstdio>

#include "auth/base/journal.h"
#include "auth/base/log_file.h"
#include "auth/base/log_line.h"
#include "auth/base/log_request.h"
#include "auth/base/log_section.h"

namespace auth {
namespace {

std::atomic<LogLevel> threshold{LogLevel::kInfo};
std::atomic<LogFormat> log_format{LogFormat::kText};
LogFile log_file;
std::atomic<bool> trouble_is_told{false};

LogLine::Level words_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::kError:
      return {"error", '3'};
    case LogLevel::kWarn:
      return {"warn", '4'};
    case LogLevel::kInfo:
      return {"info", '6'};
    case LogLevel::kDebug:
      return {"debug", '7'};
  }
  return {"error", '3'};
}

LogLine line_for(LogLine::For reader, LogLevel level, std::string_view message) noexcept {
  return {words_of(level),
          message,
          {LogSection::current(), LogRequest::current()},
          log_format.load(std::memory_order_relaxed),
          reader};
}

void to_standard_error(LogLevel level, std::string_view message) noexcept {
  const auto reader = is_journal(STDERR_FILENO) ? LogLine::For::kJournal : LogLine::For::kFile;
  const LogLine line = line_for(reader, level, message);
  const std::string_view text = line.text();
  // If the log itself cannot be written, there is no other place to report it.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

// Logs the trouble once, until the file is opened again on request.
void tell(const LogFile::Trouble& trouble) noexcept {
  if (trouble_is_told.exchange(true)) return;
  std::array<char, PATH_MAX + 200> message;
  static_cast<void>(std::snprintf(message.data(), message.size(),
                                  "ZITADEL_LOG_FILE %s %s: %s; lines go to standard error",
                                  log_file.path().data(), trouble.what, trouble.why));
  to_standard_error(LogLevel::kError, message.data());
}

// Returns false if there is no file, or if it does not take the line.
bool to_file(LogLevel level, std::string_view message) noexcept {
  if (!log_file.is_set()) return false;
  const LogLine line = line_for(LogLine::For::kFile, level, message);
  const LogFile::Trouble trouble = log_file.append(line.after_break());
  if (trouble) tell(trouble);
  return !trouble;
}

}  // namespace

void set_log_level(LogLevel level) noexcept { threshold.store(level, std::memory_order_relaxed); }

bool log_enabled(LogLevel level) noexcept {
  return level <= threshold.load(std::memory_order_relaxed);
}

void set_log_format(LogFormat format) noexcept {
  log_format.store(format, std::memory_order_relaxed);
}

void set_log_file(std::string_view path) noexcept {
  log_file.set_path(path);
  trouble_is_told.store(false);
}

void reopen_log_file() noexcept {
  if (!log_file.is_set()) return;
  trouble_is_told.store(false);
  if (const LogFile::Trouble trouble = log_file.reopen()) tell(trouble);
}

std::string move_log_file(std::string_view path) {
  const LogFile::Trouble trouble = log_file.move_to(path);
  if (trouble) return std::string(trouble.what) + ": " + trouble.why;
  trouble_is_told.store(false);
  return {};
}

void log(LogLevel level, std::string_view message) noexcept {
  if (!log_enabled(level)) return;
  if (!to_file(level, message)) to_standard_error(level, message);
}

void log_failed_start(std::string_view message) noexcept {
  static_cast<void>(to_file(LogLevel::kError, message));
  to_standard_error(LogLevel::kError, message);
}

}  // namespace auth
