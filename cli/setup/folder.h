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

// Whose a file is; a file that is replaced keeps its owner where nothing else is said.
struct Owner {
  std::string name;
  uid_t user;
  gid_t group;
};
[[nodiscard]] auth::Result<Owner, auth::Mistake> owner_named(const std::string& name);

// One thread, and one process at a time: another one that opens it is refused. Mistakes name the
// file.
class Folder {
 public:
  // A folder that is not there counts as an empty one, until make. Refuses what other users may
  // write to: they could put a link where a key is to be written.
  [[nodiscard]] static auth::Result<Folder, auth::Mistake> open(std::string path);

  // Makes the folder where there is none (0755: its files keep others out), none above it.
  [[nodiscard]] auth::Result<void, auth::Mistake> make();

  [[nodiscard]] bool is_there() const noexcept { return folder_.is_open(); }
  [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + '/' + name; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  // Nothing where there is no such file. Refuses what is no regular file or over 64 KiB.
  [[nodiscard]] auth::Result<std::optional<auth::Secret>, auth::Mistake> read(
      const std::string& name) const;

  // Mode 0600. When it returns, the file is on the disk, in place of what was there.
  [[nodiscard]] auth::Result<void, auth::Mistake> write(const std::string& name,
                                                        auth::SecretView text,
                                                        const std::optional<Owner>& owner);
  // The first name's file takes the place of the second one's, and its owner where none is given.
  [[nodiscard]] auth::Result<void, auth::Mistake> rename(const std::string& from,
                                                         const std::string& to,
                                                         const std::optional<Owner>& owner);
  // What is not there is no mistake.
  [[nodiscard]] auth::Result<void, auth::Mistake> remove(const std::string& name);
  // Removes what a run that was cut off has left of files that it was writing.
  [[nodiscard]] auth::Result<void, auth::Mistake> tidy(const std::vector<std::string>& names);
  // Removes the folder if it is empty.
  void remove_itself();

  [[nodiscard]] bool has(const std::string& name) const;
  // Whether it is there and belongs to that user.
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
