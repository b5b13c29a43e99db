// SPDX-License-Identifier: Apache-2.0
// A folder of this user's own, where nobody else can leave or change a file.
#pragma once

#include <string>

#include "auth/base/descriptor.h"
#include "auth/base/result.h"

namespace auth {

// Opens the folder for the *at() calls; makes it (mode 0700) if there is none, but no folder above
// it. Refuses a link, a folder of another user, and one that group or others may write to.
// The mistake follows the folder's name: "belongs to another user".
[[nodiscard]] Result<Descriptor, Mistake> open_private_folder(const std::string& path);

}  // namespace auth
