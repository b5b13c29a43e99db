// SPDX-License-Identifier: Apache-2.0
// Reads small files that may hold secrets: the whole file, up to a maximum size, with a check who
// else may read it.
#pragma once

#include <cstddef>
#include <string>

#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace auth {

struct PrivateFile {
  Secret text;
  // The command that keeps others out and lets this process read the file ("chmod 600 PATH"); empty
  // if others are kept out already: privacy_remedy in file_access.h, for the user of this process.
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
