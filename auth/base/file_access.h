// SPDX-License-Identifier: Apache-2.0
// Finds out who may read a file by its permissions, and the command that gives it to one user and
// to nobody else. Access lists (ACLs) are ignored here: the system's own answer takes precedence.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auth {

// Returns whether a text given as the path of a file is probably the content of such a file: a
// token, a key or a password in a URL. It must not be shown then. No path contains such marks, and
// no name of a file without a folder is that long.
[[nodiscard]] bool is_content_for_path(std::string_view text) noexcept;

// The identity of a user, by which permissions are checked.
struct Reader {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};  // gid included
  std::string user{};           // the name, or the number where it has none
  std::string group{};
};

// The user that this process acts as.
[[nodiscard]] Reader this_reader();

// Returns nullopt where the system knows no user of that name.
[[nodiscard]] std::optional<Reader> reader_named(const std::string& user);

// Returns the command that keeps everybody but that user out of a file with a secret ("chmod 600
// PATH"); afterwards that user can read the file. Empty if others are kept out already: the user's
// own file may have no permission for group or others, which is the rule of ssh; another user's
// file, or a file of root's and of a group, may have none for others.
[[nodiscard]] std::string privacy_remedy(const struct stat& status, const std::string& path,
                                         const Reader& reader);

// Returns what keeps the user from reading the file: one sentence each, with the command that mends
// it, the outermost folder first. Empty if it is not the permissions, or cannot be found out.
// holds_secret: the commands must not let others in.
[[nodiscard]] std::vector<std::string> reading_obstacles(const std::string& path,
                                                         const Reader& reader, bool holds_secret);

// The text as one word of a shell's command.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace auth
