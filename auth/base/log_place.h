// Where the log's file may lie.
#pragma once

#include <optional>
#include <string>

namespace auth {

// What is to be put behind the name of a file that must not hold the log: "is not a regular file",
// or that it lies where a web server serves files from, as far as names and neighbours tell.
// document_root: DOCUMENT_ROOT of the environment, or empty.
[[nodiscard]] std::optional<std::string> log_place_mistake(const std::string& file,
                                                           const std::string& document_root);

}  // namespace auth
