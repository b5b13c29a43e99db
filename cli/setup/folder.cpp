// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/folder.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "auth/base/private_file.h"
#include "auth/base/private_folder.h"

namespace cli {
namespace {

using auth::Descriptor;
using auth::Mistake;
using Done = auth::Result<void, Mistake>;

constexpr std::size_t kMaxFileBytes = 64 << 10;
constexpr std::size_t kMaxUserBytes = 16 << 10;  // of a line of passwd
constexpr mode_t kFolderMode = 0755;
constexpr mode_t kOwnerMode = 0600;
constexpr mode_t kGroupMode = 0640;

std::string words_of(int code) { return std::generic_category().message(code); }

// Returns the name of a file while it is written. An interrupted run leaves such a file.
std::string unfinished(const std::string& name) { return '.' + name + ".zitadel-setup"; }

// Returns the mode of the file that replaces this one. Its group keeps reading, where nobody else
// could read: `api.fcgi --check` lets the program's group read a file of root's.
mode_t mode_after(const struct stat& before) {
  const bool is_for_group =
      S_ISREG(before.st_mode) && (before.st_mode & S_IRGRP) != 0 && (before.st_mode & S_IRWXO) == 0;
  return is_for_group ? kGroupMode : kOwnerMode;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

auth::Result<Owner, Mistake> owner_named(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, kMaxUserBytes> buffer{};
  const int code = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    return Mistake{"--owner: there is no user " + name + " on this machine" +
                   (code == 0 ? "" : ": " + words_of(code))};
  }
  if (::geteuid() != 0 && found->pw_uid != ::geteuid()) {
    return Mistake{"--owner " + name + ": only root can give files to another user: use sudo"};
  }
  return Owner{name, found->pw_uid, found->pw_gid};
}

auth::Result<Folder, Mistake> Folder::open(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  // The path becomes absolute: messages that name it are also read elsewhere.
  std::error_code unknown;
  std::filesystem::path whole = std::filesystem::absolute(path, unknown);
  if (!unknown) path = std::move(whole).string();
  Folder folder(std::move(path));
  struct stat status {};
  if (::lstat(folder.path_.c_str(), &status) != 0) {
    if (errno != ENOENT) return Mistake{folder.path_ + ": " + words_of(errno)};
    const std::size_t slash = folder.path_.rfind('/');
    const std::string parent =
        slash == std::string::npos ? "." : folder.path_.substr(0, std::max<std::size_t>(slash, 1));
    if (::access(parent.c_str(), W_OK | X_OK) != 0) {
      return Mistake{"--dir " + folder.path_ + " cannot be made: " + parent + ": " +
                     words_of(errno)};
    }
    return folder;
  }
  if (auto opened = folder.open_it(); !opened) return std::move(opened).error();
  return folder;
}

Done Folder::open_it() {
  auto opened = auth::open_private_folder(path_);
  if (!opened) return Mistake{"--dir " + path_ + ' ' + opened.error().sentence};
  folder_ = *std::move(opened);
  if (::faccessat(folder_.get(), ".", W_OK | X_OK, 0) != 0) {
    return Mistake{"--dir " + path_ + " cannot be written to: " + words_of(errno)};
  }
  if (::flock(folder_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  return Mistake{"--dir " + path_ + ": another zitadel-setup is at work in it"};
}

Done Folder::make() {
  if (folder_.is_open()) return {};
  if (::mkdir(path_.c_str(), kFolderMode) != 0) {
    return Mistake{"--dir " + path_ + " cannot be made: " + words_of(errno)};
  }
  if (::chmod(path_.c_str(), kFolderMode) != 0) {
    return Mistake{"--dir " + path_ + ": " + words_of(errno)};
  }
  return open_it();
}

Mistake Folder::mistake(const std::string& name, const char* what) const {
  return {path_of(name) + ' ' + what + ": " + words_of(errno)};
}

auth::Result<std::optional<auth::Secret>, Mistake> Folder::read(const std::string& name) const {
  if (!folder_.is_open()) return std::optional<auth::Secret>();
  auto file = auth::read_private_file(path_of(name), kMaxFileBytes);
  if (file) return std::optional<auth::Secret>(std::move(file->text));
  if (file.error().missing) return std::optional<auth::Secret>();
  return Mistake{path_of(name) + ' ' + file.error().sentence};
}

// A rename or an unlink is on the disk when the folder is.
Done Folder::keep(const std::string& name) {
  if (::fsync(folder_.get()) == 0) return {};
  return mistake(name, "cannot be written to the disk");
}

Done Folder::write(const std::string& name, auth::SecretView text,
                   const std::optional<Owner>& owner) {
  const std::string half = unfinished(name);
  {
    const Descriptor file(::openat(folder_.get(), half.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                   kOwnerMode));
    if (!file.is_open()) return mistake(half, "cannot be made");
    // The umask must not matter.
    if (::fchmod(file.get(), kOwnerMode) != 0) return mistake(half, "cannot be kept private");
    if (!write_all(file.get(), text.reveal()) || ::fsync(file.get()) != 0) {
      return mistake(half, "cannot be written");
    }
  }
  return rename(half, name, owner);
}

Done Folder::rename(const std::string& from, const std::string& to,
                    const std::optional<Owner>& owner) {
  struct stat status {};
  uid_t user = ::geteuid();
  gid_t group = ::getegid();
  mode_t mode = kOwnerMode;
  if (owner) {
    user = owner->user;
    group = owner->group;
  } else if (::fstatat(folder_.get(), to.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    user = status.st_uid;
    group = status.st_gid;
    mode = mode_after(status);
  }
  const Descriptor file(::openat(folder_.get(), from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) return mistake(from, "cannot be opened");
  if (::fchown(file.get(), user, group) != 0) return mistake(to, "cannot be given to its owner");
  if (::fchmod(file.get(), mode) != 0) return mistake(to, "cannot be given its mode");
  if (::renameat(folder_.get(), from.c_str(), folder_.get(), to.c_str()) != 0) {
    Mistake failed = mistake(to, "cannot be put in its place");
    static_cast<void>(::fchmod(file.get(), kOwnerMode));  // it stays where it is
    return failed;
  }
  return keep(to);
}

Done Folder::remove(const std::string& name) {
  if (::unlinkat(folder_.get(), name.c_str(), 0) == 0) return keep(name);
  return errno == ENOENT ? Done() : Done(mistake(name, "cannot be removed"));
}

Done Folder::tidy(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (Done removed = remove(unfinished(name)); !removed) return removed;
  }
  return {};
}

void Folder::remove_itself() {
  static_cast<void>(::rmdir(path_.c_str()));  // it may hold what others put there
}

bool Folder::has(const std::string& name) const {
  return folder_.is_open() && ::faccessat(folder_.get(), name.c_str(), F_OK, 0) == 0;
}

bool Folder::is_of(const std::string& name, uid_t user) const {
  struct stat status {};
  return folder_.is_open() &&
         ::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         status.st_uid == user;
}

Done Folder::give(const std::string& name, const Owner& owner) {
  if (::fchownat(folder_.get(), name.c_str(), owner.user, owner.group, AT_SYMLINK_NOFOLLOW) == 0) {
    return keep(name);
  }
  return mistake(name, "cannot be given to its owner");
}

}  // namespace cli
