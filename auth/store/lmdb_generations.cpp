#include "auth/store/lmdb_generations.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "auth/base/private_folder.h"

namespace auth::lmdb {
namespace {

constexpr std::string_view kPrefix = "lmdb-";
constexpr int kFormat = 1;
constexpr int kTries = 3;
// What nobody has written to for so long belongs to another boot, or to a program that was killed
// while it made or removed it.
constexpr std::chrono::hours kForgotten{1};

struct DirectoryCloser {
  void operator()(DIR* directory) const noexcept { static_cast<void>(::closedir(directory)); }
};

Failure system_failure(const char* what) {
  return {Trouble::kFailed, std::string(what) + ": " + std::generic_category().message(errno)};
}

Descriptor open_folder(int parent, const std::string& name) {
  return Descriptor(
      ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// What differs from one boot of the machine to the next, for a store in this folder. Nothing where
// /proc does not tell.
std::optional<std::string> boot_of(int store) {
  struct statfs system {};
  // Nothing in there outlives the boot.
  if (::fstatfs(store, &system) == 0 && system.f_type == TMPFS_MAGIC) return "memory";
  constexpr std::size_t kBytes = 36;
  const Descriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  std::array<char, kBytes> text;
  if (!file.is_open() || ::read(file.get(), text.data(), kBytes) != kBytes) return std::nullopt;
  return std::string(text.begin(), text.end());
}

// LMDB knows a process by its number, which means something else in another container.
std::optional<std::string> generation_name(int store) {
  const std::optional<std::string> boot = boot_of(store);
  struct stat processes {};
  if (!boot || ::stat("/proc/self/ns/pid", &processes) != 0) return std::nullopt;
  int major = 0;
  int minor = 0;
  int patch = 0;
  static_cast<void>(mdb_version(&major, &minor, &patch));
  std::string name(kPrefix);
  for (const int part : {kFormat, static_cast<int>(8 * sizeof(void*)), major, minor, patch}) {
    name += std::to_string(part) + '-';
  }
  return name + std::to_string(processes.st_ino) + '-' + *boot;
}

std::string unused_name(const std::string& name, const char* purpose) {
  struct timespec now {};
  static_cast<void>(::clock_gettime(CLOCK_MONOTONIC, &now));
  return name + '.' + purpose + '-' + std::to_string(::getpid()) + '-' +
         std::to_string(now.tv_sec) + '-' + std::to_string(now.tv_nsec);
}

// Only what LMDB puts there: where there is anything else, the folder stays.
void remove_generation(int parent, const std::string& name) {
  {
    const Descriptor folder = open_folder(parent, name);
    if (!folder.is_open()) return;
    for (const char* const file : {"data.mdb", "lock.mdb"}) {
      static_cast<void>(::unlinkat(folder.get(), file, 0));
    }
  }
  static_cast<void>(::unlinkat(parent, name.c_str(), AT_REMOVEDIR));
}

bool is_forgotten(int parent, const std::string& name) {
  struct stat status {};
  if (::fstatat(parent, (name + "/data.mdb").c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 &&
      ::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return false;
  }
  return std::chrono::system_clock::now() -
             std::chrono::system_clock::from_time_t(status.st_mtime) >
         kForgotten;
}

void remove_forgotten(int parent, const std::string& current) {
  const int listed = ::openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listed < 0) return;
  DIR* const opened = ::fdopendir(listed);
  if (opened == nullptr) {
    static_cast<void>(::close(listed));
    return;
  }
  const std::unique_ptr<DIR, DirectoryCloser> directory(opened);
  while (const dirent* const entry = ::readdir(opened)) {
    const std::string name = entry->d_name;
    if (name.starts_with(kPrefix) && name != current && is_forgotten(parent, name)) {
      remove_generation(parent, name);
    }
  }
}

// Nothing also where another process was faster.
std::optional<Failure> make_generation(int parent, const std::string& name) {
  remove_forgotten(parent, name);
  const std::string unfinished = unused_name(name, "new");
  if (::mkdirat(parent, unfinished.c_str(), S_IRWXU) != 0) {
    return system_failure("no folder can be made in it");
  }
  std::optional<Failure> failure;
  {
    const Descriptor folder = open_folder(parent, unfinished);
    failure = folder.is_open() ? Environment::create(folder.get())
                               : system_failure("a folder in it cannot be opened");
  }
  if (!failure && ::renameat(parent, unfinished.c_str(), parent, name.c_str()) == 0) {
    return std::nullopt;
  }
  if (!failure && errno != EEXIST && errno != ENOTEMPTY) {
    failure = system_failure("a folder in it cannot be renamed");
  }
  remove_generation(parent, unfinished);
  return failure;
}

bool is_named(int parent, const std::string& name, int folder) {
  struct stat named {};
  struct stat opened {};
  return ::fstatat(parent, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fstat(folder, &opened) == 0 && named.st_dev == opened.st_dev &&
         named.st_ino == opened.st_ino;
}

}  // namespace

std::variant<Descriptor, Failure> Generations::open() const {
  auto parent = open_private_folder(path_);
  if (const auto* mistake = std::get_if<FolderMistake>(&parent)) {
    return Failure{Trouble::kFailed, "it " + mistake->message};
  }
  const int store = std::get<Descriptor>(parent).get();
  const std::optional<std::string> name = generation_name(store);
  if (!name) return Failure{Trouble::kFailed, "/proc does not tell this boot of the machine"};
  for (int i = 0; i < kTries; ++i) {
    Descriptor folder = open_folder(store, *name);
    if (folder.is_open()) return folder;
    if (errno != ENOENT) return system_failure("a folder in it cannot be opened");
    if (auto failure = make_generation(store, *name)) return *std::move(failure);
  }
  return Failure{Trouble::kFailed, "others remove what is made in it"};
}

bool Generations::is_current(int folder) const { return find_current(folder).has_value(); }

void Generations::discard(int folder) const {
  const std::optional<Current> current = find_current(folder);
  if (!current) return;
  const int store = current->store.get();
  const std::string discarded = unused_name(current->name, "old");
  if (::renameat(store, current->name.c_str(), store, discarded.c_str()) == 0) {
    remove_generation(store, discarded);
  }
}

std::optional<Generations::Current> Generations::find_current(int folder) const {
  auto parent = open_private_folder(path_);
  auto* const store = std::get_if<Descriptor>(&parent);
  if (store == nullptr) return std::nullopt;
  std::optional<std::string> name = generation_name(store->get());
  if (!name || !is_named(store->get(), *name, folder)) return std::nullopt;
  return Current{std::move(*store), *std::move(name)};
}

}  // namespace auth::lmdb
