// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "auth/base/descriptor.h"

namespace auth {
namespace {

const char* system_problem() noexcept {
  const char* const text = ::strerrordesc_np(errno);
  return text == nullptr ? "unknown error" : text;
}

// Another owner of the file could read it, or have our lines written to a place where they do not
// belong.
const char* mistake_in(int file) noexcept {
  struct stat status {};
  if (::fstat(file, &status) != 0) return system_problem();
  if (!S_ISREG(status.st_mode)) return "it is not a regular file";
  if (status.st_nlink > 1) return "it has a second name";
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return "it belongs to another user";
  return nullptr;
}

LogFile::Path path_of(std::string_view name) noexcept {
  LogFile::Path path{};
  if (name.size() < path.size()) std::copy(name.begin(), name.end(), path.begin());
  return path;
}

}  // namespace

LogFile::Path LogFile::path() const noexcept {
  const MutexLock lock(mutex_);
  return path_;
}

void LogFile::take(const Path& path) noexcept {
  path_ = path;
  is_set_.store(path.front() != '\0');
}

void LogFile::set_path(std::string_view path) noexcept {
  const MutexLock lock(mutex_);
  is_open_.store(false);
  take(path_of(path));
}

LogFile::Trouble LogFile::move_to(std::string_view path) noexcept {
  const Path moved = path_of(path);
  const MutexLock lock(mutex_);
  if (moved == path_) return {};
  if (moved.front() != '\0') {
    const bool was_open = is_open_.load();
    if (const Trouble trouble = open(moved)) {
      is_open_.store(was_open);
      return trouble;
    }
  }
  take(moved);
  return {};
}

LogFile::Trouble LogFile::reopen() noexcept {
  const MutexLock lock(mutex_);
  return open(path_);
}

LogFile::Trouble LogFile::open(const Path& path) noexcept {
  constexpr const char* kWhat = "cannot be opened";
  is_open_.store(false);
  // O_NONBLOCK: opening a FIFO would wait for its reader.
  constexpr int kFlags =
      O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  const Descriptor opened(::open(path.data(), kFlags, S_IRUSR | S_IWUSR));
  if (!opened.is_open()) return {kWhat, errno == ELOOP ? "it is a link" : system_problem()};
  if (const char* const mistake = mistake_in(opened.get())) return {kWhat, mistake};
  const int number = number_.load();
  if (number < 0) {
    constexpr int kLeast = 3;  // not in the place of standard output, should that be closed
    const int fresh = ::fcntl(opened.get(), F_DUPFD_CLOEXEC, kLeast);
    if (fresh < 0) return {kWhat, system_problem()};
    number_.store(fresh);
  } else if (::dup3(opened.get(), number, O_CLOEXEC) < 0) {
    return {kWhat, system_problem()};
  }
  is_open_.store(true);
  return {};
}

LogFile::Trouble LogFile::append(std::string_view line) noexcept {
  if (!is_open_.load()) {
    if (const Trouble trouble = reopen()) return {trouble.what, trouble.why, line.size()};
  }
  if (!is_torn_.load()) line.remove_prefix(1);
  ssize_t written = 0;
  do {
    written = ::write(number_.load(), line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return {"cannot be written", system_problem(), line.size()};
  const std::size_t left = line.size() - static_cast<std::size_t>(written);
  is_torn_.store(left > 0);
  if (left > 0) return {"cannot be written", "a line did not fit", left};
  return {};
}

}  // namespace auth
