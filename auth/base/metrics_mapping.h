// SPDX-License-Identifier: Apache-2.0
// The memory of a MetricsRoom: it stays at one address, whatever is mapped there.
#pragma once

#include "auth/base/metrics_room.h"

namespace auth {

// Returns memory of this process alone, all zero. Throws std::bad_alloc if there is none. Lives
// until unmap_metrics.
[[nodiscard]] MetricsRoom* map_metrics();
void unmap_metrics(MetricsRoom* room) noexcept;

// Maps the file at the room's address: it must be kMetricsBytes long. If the file is cut, or its
// disk fails, memory of this process, all zero, takes its place, so that no process ends by SIGBUS.
// Returns false, and changes nothing, if the system refuses. Others may use the room meanwhile.
[[nodiscard]] bool map_metrics_file(MetricsRoom* room, int file) noexcept;

// Whether memory has taken the file's place.
[[nodiscard]] bool has_lost_metrics_file(const MetricsRoom* room) noexcept;

}  // namespace auth
