// SPDX-License-Identifier: Apache-2.0
// DIR: the folder in which the set-up keeps its files. Each is written whole or not at all.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace cli {

// The owner of a file. A file that is replaced keeps its owner if no other one is given.
struct Owner {
  std::string name;
  uid_t user;
  gid_t group;
};
[[nodiscard]] auth::Result<Owner, auth::Mistake> owner_named(const std::string& name);

// One thread and one process at a time: a second process cannot open it. Mistakes name the file.
class Folder {
 public:
  // A missing folder counts as an empty one until make. Refuses a folder that other users may write
  // to: they could put a link where a key will be written.
  [[nodiscard]] static auth::Result<Folder, auth::Mistake> open(std::string path);

  // Makes the folder if it is missing (0755: its files keep others out), but no folder above it.
  [[nodiscard]] auth::Result<void, auth::Mistake> make();

  [[nodiscard]] bool is_there() const noexcept { return folder_.is_open(); }
  [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + '/' + name; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  // nullopt if there is no such file. Refuses a file that is not regular or is over 64 KiB.
  [[nodiscard]] auth::Result<std::optional<auth::Secret>, auth::Mistake> read(
      const std::string& name) const;

  // Writes the file. On return, the file is on the disk, in place of the old one. Owner and mode
  // are as rename gives them.
  [[nodiscard]] auth::Result<void, auth::Mistake> write(const std::string& name,
                                                        auth::SecretView text,
                                                        const std::optional<Owner>& owner);
  // Renames a file, in place of the one at `to`. Its mode is 0600. Without an owner, it gets owner
  // and group of that one, and 0640 if that one is regular, its group may read it and others may
  // not.
  [[nodiscard]] auth::Result<void, auth::Mistake> rename(const std::string& from,
                                                         const std::string& to,
                                                         const std::optional<Owner>& owner);
  // A missing file is no mistake.
  [[nodiscard]] auth::Result<void, auth::Mistake> remove(const std::string& name);
  // Removes the unfinished files that an interrupted run has left.
  [[nodiscard]] auth::Result<void, auth::Mistake> tidy(const std::vector<std::string>& names);
  // Removes the folder if it is empty.
  void remove_itself();

  [[nodiscard]] bool has(const std::string& name) const;
  // Whether the file exists and belongs to that user.
  [[nodiscard]] bool is_of(const std::string& name, uid_t user) const;
  [[nodiscard]] auth::Result<void, auth::Mistake> give(const std::string& name, const Owner& owner);

 private:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] auth::Result<void, auth::Mistake> open_it();
  [[nodiscard]] auth::Mistake mistake(const std::string& name, const char* what) const;
  [[nodiscard]] auth::Result<void, auth::Mistake> keep(const std::string& name);

  std::string path_;
  auth::Descriptor folder_{};
};

}  // namespace cli
