// SPDX-License-Identifier: Apache-2.0
// Facts that the system gives about a process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace auth {

struct ProcessFacts {
  bool has_ended = false;     // it waits for its parent to notice
  std::uint64_t started = 0;  // ticks after the machine's start: a later process has another value
  std::chrono::microseconds cpu{0};
  std::chrono::microseconds started_at{0};  // since the epoch
  std::uint64_t threads = 0;
  std::uint64_t resident_bytes = 0;
};

// Returns nullopt if there is no such process, or the system gives no facts.
[[nodiscard]] std::optional<ProcessFacts> facts_of_process(std::int32_t pid);

// Returns the number of descriptors that this process has open; nullopt if the system does not say.
[[nodiscard]] std::optional<std::uint64_t> own_descriptors();

}  // namespace auth
