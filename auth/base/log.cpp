// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdio>

#include "auth/base/log_file.h"
#include "auth/base/text.h"

namespace auth {
namespace {

constexpr std::size_t kMaxMessage = 4000;
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::atomic<LogLevel> threshold{LogLevel::kInfo};
LogFile log_file;
std::atomic<bool> trouble_is_told{false};

const char* name_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::kError:
      return "error";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kDebug:
      return "debug";
  }
  return "error";
}

// A line break, the time and the line, in a fixed buffer: it is written even when memory has run
// out.
class Line {
 public:
  Line(LogLevel level, std::string_view message) noexcept {
    using std::chrono::floor;
    const auto now = std::chrono::system_clock::now();
    const auto day = floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(floor<std::chrono::seconds>(now - day));
    add(std::snprintf(end(), room(), "\n%04d-%02u-%02uT%02ld:%02ld:%02ldZ ",
                      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<long>(time.hours().count()),
                      static_cast<long>(time.minutes().count()),
                      static_cast<long>(time.seconds().count())));
    time_size_ = size_;
    add(std::snprintf(end(), room(), "zitadel-fcgi[%d] %s: ", static_cast<int>(::getpid()),
                      name_of(level)));
    for (const char byte : message.substr(0, kMaxMessage)) add_shown(byte);
    text_[size_++] = '\n';
  }

  [[nodiscard]] std::string_view whole() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] std::string_view without_time() const noexcept {
    return whole().substr(time_size_);
  }

 private:
  [[nodiscard]] char* end() noexcept { return text_.data() + size_; }
  [[nodiscard]] std::size_t room() const noexcept { return text_.size() - size_; }
  void add(int count) noexcept { size_ += count > 0 ? static_cast<std::size_t>(count) : 0; }

  void add_shown(char byte) noexcept {
    if (!is_control(byte)) {
      text_[size_++] = byte;
      return;
    }
    const auto code = static_cast<unsigned char>(byte);
    for (const char part : {'\\', 'x', kHexDigits[code >> 4], kHexDigits[code & 0xf]}) {
      text_[size_++] = part;
    }
  }

  std::array<char, kMaxMessage * 4 + 128> text_;
  std::size_t size_ = 0;
  std::size_t time_size_ = 0;
};

void to_standard_error(const Line& line) noexcept {
  const std::string_view text = line.without_time();
  // Nobody is left to tell when the log itself cannot be written.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

// Once, until somebody has the file opened again.
void tell(const LogFile::Trouble& trouble) noexcept {
  if (trouble_is_told.exchange(true)) return;
  std::array<char, PATH_MAX + 200> message;
  static_cast<void>(std::snprintf(message.data(), message.size(),
                                  "ZITADEL_LOG_FILE %s %s: %s; lines go to standard error",
                                  log_file.path().data(), trouble.what, trouble.why));
  to_standard_error({LogLevel::kError, message.data()});
}

// False: there is none, or it does not take the line.
bool to_file(const Line& line) noexcept {
  if (!log_file.is_set()) return false;
  const LogFile::Trouble trouble = log_file.append(line.whole());
  if (trouble) tell(trouble);
  return !trouble;
}

}  // namespace

void set_log_level(LogLevel level) noexcept { threshold.store(level, std::memory_order_relaxed); }

bool log_enabled(LogLevel level) noexcept {
  return level <= threshold.load(std::memory_order_relaxed);
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
  const Line line(level, message);
  if (!to_file(line)) to_standard_error(line);
}

void log_failed_start(std::string_view message) noexcept {
  const Line line(LogLevel::kError, message);
  static_cast<void>(to_file(line));
  to_standard_error(line);
}

}  // namespace auth
