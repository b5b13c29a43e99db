// SPDX-License-Identifier: Apache-2.0
// Small files that may hold secrets: read whole, bounded, and with a look at who else may read
// them.
#pragma once

#include <cstddef>
#include <string>

#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace auth {

struct PrivateFile {
  Secret text;
  // How to keep others out, and this process in ("chmod 600 PATH"); empty if others are kept out
  // already: privacy_remedy in file_access.h, for the user of this process.
  std::string remedy;
};

// Its sentence follows the file's name: "cannot be opened: Permission denied; www-data
// may not read PATH: COMMAND". Holds nothing of the file.
struct FileMistake : Mistake {
  bool missing = false;  // there is no such file
};

// Refuses what is no regular file or holds more than max_bytes. Never waits for a FIFO's writer.
[[nodiscard]] Result<PrivateFile, FileMistake> read_private_file(const std::string& path,
                                                                 std::size_t max_bytes);

}  // namespace auth
