// SPDX-License-Identifier: Apache-2.0
// The memory of a MetricsRoom: always at one address, whatever lies behind it.
#pragma once

#include "auth/base/metrics_room.h"

namespace auth {

// Memory of this process alone, all zero. Throws std::bad_alloc where there is none. Lives until
// unmap_metrics.
[[nodiscard]] MetricsRoom* map_metrics();
void unmap_metrics(MetricsRoom* room) noexcept;

// From here on the file is what lies there: it must be kMetricsBytes long. Where it is cut, or its
// disk fails, memory of this process takes its place, so that nobody ends by it (SIGBUS); it is all
// zero then. Returns false, and changes nothing, where the system does not do so. Anybody may use
// the room meanwhile.
[[nodiscard]] bool map_metrics_file(MetricsRoom* room, int file) noexcept;

// Whether memory has taken the file's place.
[[nodiscard]] bool has_lost_metrics_file(const MetricsRoom* room) noexcept;

}  // namespace auth
