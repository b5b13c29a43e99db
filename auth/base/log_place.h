// The place of the log file.
#pragma once

#include <optional>
#include <string>

namespace auth {

// Returns why a file must not be the log file, to follow its name: "is not a regular file", that it
// holds something else than this program's log, or that it lies where a web server serves files
// from, as far as names and neighbours show. document_root: DOCUMENT_ROOT of the environment, or
// empty.
[[nodiscard]] std::optional<std::string> log_place_mistake(const std::string& file,
                                                           const std::string& document_root);

}  // namespace auth
