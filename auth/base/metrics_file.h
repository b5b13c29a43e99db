// SPDX-License-Identifier: Apache-2.0
// The file in which the processes of a machine count together (metrics_room.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/base/descriptor.h"
#include "auth/base/result.h"

namespace auth {

struct MetricsFile {
  Descriptor file;
  std::uint64_t inode;
};

// Opens the file of that name in the folder; makes the folder if it is missing (private_folder.h).
// A file that is cut, foreign or of another layout is removed, and a new one takes its place:
// processes that open it at the same moment get the same one. All its space is allocated, so it
// does not matter if the disk fills up later. The mistake follows the folder's name.
[[nodiscard]] Result<MetricsFile, Mistake> open_metrics_file(const std::string& folder,
                                                             const std::string& name);

// Returns whether the file of that name is still the one with that inode. Waits for the folder's
// disk.
[[nodiscard]] bool is_metrics_file(const std::string& folder, const std::string& name,
                                   std::uint64_t inode);

// Returns the name of the file, which says what is counted together: by this start of the machine
// and its space of process ids, as other machines may use the folder too, and by `whose`, as one
// folder may serve several APIs.
[[nodiscard]] std::string metrics_file_name(std::string_view whose);

}  // namespace auth
