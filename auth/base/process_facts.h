// SPDX-License-Identifier: Apache-2.0
// What the system tells of a process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace auth {

struct ProcessFacts {
  bool has_ended = false;     // it waits for its parent to notice
  std::uint64_t started = 0;  // in ticks since the machine was started: tells it from a later one
  std::chrono::microseconds cpu{0};
  std::chrono::microseconds started_at{0};  // since the epoch
  std::uint64_t threads = 0;
  std::uint64_t resident_bytes = 0;
};

// nullopt where there is no such process, or the system does not tell.
[[nodiscard]] std::optional<ProcessFacts> facts_of_process(std::int32_t pid);

// How many descriptors this process has open. nullopt: the system does not tell.
[[nodiscard]] std::optional<std::uint64_t> own_descriptors();

}  // namespace auth
