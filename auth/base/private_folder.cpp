// SPDX-License-Identifier: Apache-2.0
#include "auth/base/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace auth {
namespace {

Mistake system_mistake(const char* what) {
  return {std::string(what) + ": " + std::generic_category().message(errno)};
}

Result<void, Mistake> check(const struct stat& status, const std::string& path) {
  if (S_ISLNK(status.st_mode)) return Mistake{"is a link: name the folder itself"};
  if (!S_ISDIR(status.st_mode)) return Mistake{"is not a folder"};
  if (status.st_uid != ::geteuid()) return Mistake{"belongs to another user"};
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Mistake{"may be written to by others: chmod 700 " + path};
  }
  return {};
}

}  // namespace

Result<Descriptor, Mistake> open_private_folder(const std::string& path) {
  // With a slash at its end, a link would be followed.
  const std::string name = path.substr(0, path.find_last_not_of('/') + 1);
  if (name.empty()) return Mistake{"is not a name for a folder of its own"};
  if (::mkdir(name.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return system_mistake("cannot be made");
  }
  struct stat status {};
  if (::lstat(name.c_str(), &status) != 0) return system_mistake("cannot be examined");
  if (auto checked = check(status, name); !checked) return std::move(checked).error();
  Descriptor folder(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) return system_mistake("cannot be opened");
  // Another folder may have taken its place since.
  if (::fstat(folder.get(), &status) != 0) return system_mistake("cannot be examined");
  if (auto checked = check(status, name); !checked) return std::move(checked).error();
  return folder;
}

}  // namespace auth
