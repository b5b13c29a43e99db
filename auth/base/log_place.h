// SPDX-License-Identifier: Apache-2.0
// Checks the place of the log file and of the audit file.
#pragma once

#include <string>

#include "auth/base/result.h"

namespace auth {

enum class Lines { kLog, kAudit };

// Checks whether the file may be the one for these lines. The mistake follows its name: "is not a
// regular file", that it holds something else than such lines of this program, or that it lies
// where a web server serves files from, as far as the names of folders and of the files in them
// show. document_root: DOCUMENT_ROOT of the environment, or empty.
[[nodiscard]] Result<void, Mistake> check_log_place(const std::string& file,
                                                    const std::string& document_root,
                                                    Lines lines = Lines::kLog);

}  // namespace auth
