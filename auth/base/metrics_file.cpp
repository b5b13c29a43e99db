// SPDX-License-Identifier: Apache-2.0
#include "auth/base/metrics_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "auth/base/metrics_room.h"
#include "auth/base/private_folder.h"

namespace auth {
namespace {

constexpr std::string_view kPrefix = "metrics-";
constexpr std::uint64_t kMagic = 0x53434952'54454d5a;  // "ZMETRICS"
constexpr std::uint64_t kLayout = kMetricsVersion << 32 | sizeof(MetricsRoom);
constexpr int kTries = 8;  // others may make and put aside at the same time
// Age in seconds of a file to remove: its machine was restarted since, so nobody counts in it.
constexpr std::time_t kOld = std::time_t{7} * 24 * 60 * 60;
constexpr std::size_t kBootDigits = 8;

Mistake system_mistake(std::string_view what) {
  return {std::string(what) + ": " + std::generic_category().message(errno)};
}

std::string boot_name() {
  std::array<char, kBootDigits> text{};
  const Descriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  if (file.is_open() &&
      ::read(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return {text.data(), text.size()};
  }
  std::array<char, 65> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return "unknown";
  std::string name(host.data());
  for (char& byte : name) {
    if (byte == '/') byte = '_';
  }
  return name;
}

// Identifies the space of process ids: a container has its own.
std::uint64_t process_space() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

// Returns whether it is a private file of this user's, of full size. Its numbers may be anybody's.
bool is_sound(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (status.st_uid != ::geteuid()) return false;
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return false;
  if (status.st_size != static_cast<off_t>(kMetricsBytes)) return false;
  std::array<std::uint64_t, 2> head{};
  return ::pread(file, head.data(), sizeof head, 0) == static_cast<ssize_t>(sizeof head) &&
         head[0] == kMagic && head[1] == kLayout;
}

Result<MetricsFile, Mistake> opened(Descriptor file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_mistake("holds a file that cannot be seen");
  return MetricsFile{std::move(file), status.st_ino};
}

// Makes the file under a name of its own first: an incomplete file never gets the real name.
Result<void, Mistake> make(int folder, const std::string& own, const std::string& name) {
  const Descriptor file(
      ::openat(folder, own.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.is_open()) return system_mistake("takes no file");
  // If the disk is full, it fails here, and not when somebody counts.
  if (const int error = ::posix_fallocate(file.get(), 0, kMetricsBytes); error != 0) {
    errno = error;
    return system_mistake("has no room for a file");
  }
  const std::array<std::uint64_t, 2> head{kMagic, kLayout};
  if (::pwrite(file.get(), head.data(), sizeof head, 0) != static_cast<ssize_t>(sizeof head)) {
    return system_mistake("has a file that cannot be written");
  }
  // A link, not a rename: another process may have been quicker, and its file is in use.
  if (::linkat(folder, own.c_str(), folder, name.c_str(), 0) != 0 && errno != EEXIST) {
    return system_mistake("takes no name for a file");
  }
  return {};
}

// Removes the file that was found unsound. A file that has taken its place meanwhile is put back.
void put_aside(int folder, const std::string& name, const std::string& own, int found) {
  const std::string aside = own + "-old";
  if (::renameat(folder, name.c_str(), folder, aside.c_str()) != 0) return;
  struct stat moved {
  }, meant{};
  const bool is_other = found >= 0 && ::fstat(found, &meant) == 0 &&
                        ::fstatat(folder, aside.c_str(), &moved, AT_SYMLINK_NOFOLLOW) == 0 &&
                        (moved.st_ino != meant.st_ino || moved.st_dev != meant.st_dev);
  // If a third file has the name by now, the processes that use this one notice that it has gone,
  // and change to the third.
  const int back = is_other ? ::linkat(folder, aside.c_str(), folder, name.c_str(), 0) : 0;
  static_cast<void>(back);
  static_cast<void>(::unlinkat(folder, aside.c_str(), 0));
}

// Returns whether the error shows that the file of that name cannot be ours. Any other error is a
// failure of this process.
bool is_foreign(int error) noexcept {
  return error == ELOOP || error == EISDIR || error == ENXIO || error == EACCES;
}

// Returns a different suffix for each file that this process makes, also at the same time.
std::string own_suffix() {
  static std::atomic<unsigned> made{0};
  return ".new-" + std::to_string(::getpid()) + '-' + std::to_string(made++);
}

void remove_old(const std::string& folder, const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::directory_iterator all(folder, error);
  for (auto each = all; !error && each != end(all); each.increment(error)) {
    const std::string other = each->path().filename();
    struct stat status {};
    const bool is_old = other.starts_with(kPrefix) && other != name &&
                        ::lstat(each->path().c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                        std::time(nullptr) - status.st_mtime > kOld;
    if (is_old) static_cast<void>(::unlink(each->path().c_str()));
  }
}

}  // namespace

std::string metrics_file_name(std::string_view whose) {
  constexpr std::uint64_t kBegin = 0xcbf29ce484222325, kFactor = 0x100000001b3;  // FNV-1a
  std::uint64_t hash = kBegin;
  for (const char byte : whose) hash = (hash ^ static_cast<unsigned char>(byte)) * kFactor;
  std::string name(kPrefix);
  return name.append(std::to_string(kMetricsVersion)) + '-' + std::to_string(kCounters) + '-' +
         boot_name() + '-' + std::to_string(process_space()) + '-' + std::to_string(hash);
}

Result<MetricsFile, Mistake> open_metrics_file(const std::string& folder_name,
                                               const std::string& name) {
  auto folder = open_private_folder(folder_name);
  if (!folder) return std::move(folder).error();
  const std::string own = name + own_suffix();
  for (int tries = 0; tries < kTries; ++tries) {
    Descriptor file(
        ::openat(folder->get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.is_open() && is_sound(file.get())) return opened(std::move(file));
    if (!file.is_open() && errno != ENOENT && !is_foreign(errno)) {
      return system_mistake("has a file for metrics that cannot be opened");
    }
    if (file.is_open() || errno != ENOENT) {
      put_aside(folder->get(), name, own, file.get());
      continue;
    }
    auto made = make(folder->get(), own, name);
    static_cast<void>(::unlinkat(folder->get(), own.c_str(), 0));
    if (!made) return std::move(made).error();
    remove_old(folder_name, name);
  }
  return Mistake{"holds something else where the file for metrics belongs: remove " + name};
}

bool is_metrics_file(const std::string& folder_name, const std::string& name, std::uint64_t inode) {
  struct stat status {};
  const std::string path = folder_name + '/' + name;
  return ::lstat(path.c_str(), &status) == 0 && status.st_ino == inode;
}

}  // namespace auth
