// SPDX-License-Identifier: Apache-2.0
#include "auth/base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "auth/base/descriptor.h"
#include "auth/base/file_access.h"

namespace auth {
namespace {

FileMistake system_mistake(std::string_view what) {
  const int code = errno;
  return {{std::string(what) + ": " + std::generic_category().message(code)}, code == ENOENT};
}

// Looks users up only if something is wrong: a file that is in order takes no time.
std::string remedy_for(const struct stat& status, const std::string& path) {
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return privacy_remedy(status, path, this_reader());
}

// "cannot be opened: Permission denied", and what mends that.
FileMistake cannot_be_opened(const std::string& path) {
  const bool is_forbidden = errno == EACCES;
  FileMistake mistake = system_mistake("cannot be opened");
  if (!is_forbidden) return mistake;
  for (const std::string& obstacle : reading_obstacles(path, this_reader(), true)) {
    mistake.sentence += "; " + obstacle;
  }
  return mistake;
}

Result<Secret, FileMistake> read_text(int file, std::size_t max_bytes) {
  std::string text(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      FileMistake mistake = system_mistake("cannot be read");
      wipe(text.data(), text.size());
      return mistake;
    }
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  Secret content{std::string_view(text).substr(0, size)};
  wipe(text.data(), text.size());
  if (size > max_bytes) {
    return FileMistake{{"is larger than " + std::to_string(max_bytes) + " bytes"}};
  }
  return content;
}

}  // namespace

Result<PrivateFile, FileMistake> read_private_file(const std::string& path, std::size_t max_bytes) {
  // Opening a FIFO would wait for its writer; O_NONBLOCK lets the check below refuse it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open()) return cannot_be_opened(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_mistake("cannot be examined");
  if (!S_ISREG(status.st_mode)) return FileMistake{{"is not a regular file"}};
  auto text = read_text(file.get(), max_bytes);
  if (!text) return std::move(text).error();
  return PrivateFile{*std::move(text), remedy_for(status, path)};
}

}  // namespace auth
