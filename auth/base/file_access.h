// SPDX-License-Identifier: Apache-2.0
// Who may read a file by its permissions, and the command that gives it to somebody and to nobody
// else. Access lists (ACLs) are not seen here: what the system says goes before.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auth {

// Whether a text that was to be the path of a file is rather what such a file would hold, a token,
// a key or a password in a URL: it is not to be shown then. No path begins so, and none of a file
// without a folder is as long.
[[nodiscard]] bool is_content_for_path(std::string_view text) noexcept;

// A user as permissions see it.
struct Reader {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};  // with gid
  std::string user{};           // the name, or the number where it has none
  std::string group{};
};

// The user that this process acts as.
[[nodiscard]] Reader this_reader();

// Returns nullopt where the system knows no user of that name.
[[nodiscard]] std::optional<Reader> reader_named(const std::string& user);

// How to keep all but that user out of a file with a secret that it can read ("chmod 600 PATH"): a
// command that leaves it readable to that user, or lets it read it. Empty if others are kept out:
// if the file is the user's own, no permission of group or others may be set, the rule that ssh
// has; if it is not, or is root's and of a group, no permission of others.
[[nodiscard]] std::string privacy_remedy(const struct stat& status, const std::string& path,
                                         const Reader& reader);

// What keeps the user from reading the file, a sentence each with the command that mends it, that
// of the outermost folder first. Empty where permissions alone do not, or it cannot be told.
// holds_secret: others must not be let in.
[[nodiscard]] std::vector<std::string> reading_obstacles(const std::string& path,
                                                         const Reader& reader, bool holds_secret);

// The text as one word of a shell's command.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace auth
