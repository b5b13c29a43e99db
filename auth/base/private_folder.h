// A folder of this user's own, where nobody else can leave or change a file.
#pragma once

#include <string>
#include <variant>

#include "auth/base/descriptor.h"

namespace auth {

// What is to be put behind the folder's name: "belongs to another user".
struct FolderMistake {
  std::string message;
};

// Opens the folder for the *at() calls; makes it (mode 0700) where there is none, but no folder
// above it. Refuses a link, what belongs to another user, and what group or others may write to.
[[nodiscard]] std::variant<Descriptor, FolderMistake> open_private_folder(const std::string& path);

}  // namespace auth
