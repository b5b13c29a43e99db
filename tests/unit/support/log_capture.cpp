// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/log_capture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace support {
namespace {

constexpr std::string_view kTime = "2026-11-28T12:00:00Z";

}  // namespace

LogCapture::LogCapture(auth::LogLevel level)
    : standard_error_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)),
      file_(::memfd_create("log", MFD_CLOEXEC)) {
  if (!standard_error_.is_open() || !file_.is_open() || ::dup2(file_.get(), STDERR_FILENO) < 0) {
    throw std::runtime_error("the log cannot be captured");
  }
  auth::set_log_level(level);
}

LogCapture::~LogCapture() {
  auth::set_log_level(auth::LogLevel::kInfo);
  static_cast<void>(::dup2(standard_error_.get(), STDERR_FILENO));
}

std::string LogCapture::text() const {
  std::string raw;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t count =
        ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(raw.size()));
    if (count <= 0) break;
    raw.append(piece.data(), static_cast<std::size_t>(count));
  }
  std::istringstream lines(raw);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find(" zitadel-fcgi[");
    const std::size_t end = begin == kTime.size() ? line.find("] ") : line.npos;
    text += (end == line.npos ? line : line.substr(end + 2)) + '\n';
  }
  return text;
}

std::size_t lines_with(const std::string& text, const std::string& part) {
  std::istringstream lines(text);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(part) != line.npos) ++count;
  }
  return count;
}

}  // namespace support
