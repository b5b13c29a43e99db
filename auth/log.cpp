#include "auth/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>

namespace auth {
namespace {

std::atomic<LogLevel> threshold{LogLevel::kInfo};

constexpr std::size_t kMaxMessage = 4000;
constexpr std::string_view kHexDigits = "0123456789abcdef";

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

}  // namespace

void set_log_level(LogLevel level) noexcept { threshold.store(level, std::memory_order_relaxed); }

bool log_enabled(LogLevel level) noexcept {
  return level <= threshold.load(std::memory_order_relaxed);
}

void log(LogLevel level, std::string_view message) noexcept {
  if (!log_enabled(level)) return;
  // A fixed buffer: a line is written even when memory has run out.
  std::array<char, kMaxMessage * 4 + 64> line;
  const int head =
      std::snprintf(line.data(), line.size(), "zitadel-fcgi[%d] %s: ", static_cast<int>(::getpid()),
                    name_of(level));
  std::size_t size = head > 0 ? static_cast<std::size_t>(head) : 0;
  for (const char byte : message.substr(0, kMaxMessage)) {
    const auto code = static_cast<unsigned char>(byte);
    if (code >= 0x20 && code != 0x7f) {
      line[size++] = byte;
    } else {
      for (const char part : {'\\', 'x', kHexDigits[code >> 4], kHexDigits[code & 0xf]}) {
        line[size++] = part;
      }
    }
  }
  line[size++] = '\n';
  // Nobody is left to tell when the log itself cannot be written.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), size);
}

}  // namespace auth
