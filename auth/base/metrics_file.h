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

// Opens the file of that name in the folder, which is made where it is not there
// (private_folder.h). A file that is cut, foreign or of another layout is put aside, and a new one
// takes its place: whoever opens it at the same moment gets the same one. All its room is there,
// also where the disk fills up later. The mistake follows the folder's name.
[[nodiscard]] Result<MetricsFile, Mistake> open_metrics_file(const std::string& folder,
                                                             const std::string& name);

// Whether the file of that folder is still that one. Waits for the folder's disk.
[[nodiscard]] bool is_metrics_file(const std::string& folder, const std::string& name,
                                   std::uint64_t inode);

// By what is counted together: this start of the machine and the process ids that are seen here, as
// other machines may use the folder too, and whose it is: one folder may serve several APIs.
[[nodiscard]] std::string metrics_file_name(std::string_view whose);

}  // namespace auth
