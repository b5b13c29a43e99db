// SPDX-License-Identifier: Apache-2.0
// Metrics: counts what happens, in one process or in all processes of a machine (metrics_room.h).
//
// To count is one relaxed addition in memory: no lock, no system call. The names of the metrics and
// their meanings are in fcgi/monitor/exposition.cpp.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/metrics_room.h"
#include "auth/base/result.h"

namespace auth {

// Thread-safe, except for share.
class Metrics {
 public:
  // Counts in this process alone, until share is called.
  Metrics();
  // Frees its place among the processes.
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Returns an instance that nobody reads, for users without metrics. It is never destroyed.
  [[nodiscard]] static Metrics& unread();

  // Counts from now on in a file of that folder, together with all processes that do so for the
  // same API (whose). stays: the process serves many requests, and gets a place for its gauges. To
  // be called once, before anybody counts. On failure it goes on alone. The mistake follows the
  // folder's name.
  [[nodiscard]] Result<void, Mistake> share(const std::string& folder, std::string_view whose,
                                            bool stays);
  // Makes the file again if it is gone, or if it could not be made before. Others may count
  // meanwhile.
  void look_after();

  void add(Counter counter, std::uint64_t count = 1) noexcept {
    room_->counters[static_cast<std::size_t>(counter)].fetch_add(count, std::memory_order_relaxed);
  }
  // Adds to one counter of a group. first: the first of the group. place: the index in the group.
  void add_to(Counter first, std::size_t place, std::uint64_t count = 1) noexcept {
    room_->counters[static_cast<std::size_t>(first) + place].fetch_add(count,
                                                                       std::memory_order_relaxed);
  }
  void observe(Histogram histogram, std::chrono::nanoseconds took) noexcept;
  void set(Gauge gauge, std::uint64_t value) noexcept;
  void move(Gauge gauge, std::int64_t by) noexcept;
  // Returns the value of this process.
  [[nodiscard]] std::uint64_t own(Gauge gauge) const noexcept {
    return gauges_[static_cast<std::size_t>(gauge)].load(std::memory_order_relaxed);
  }
  // Records a fact about the machine, in microseconds. The last value counts.
  void note(Fact fact, std::chrono::microseconds value) noexcept;
  void note_refusal(std::size_t reason) noexcept;
  // Keeps a copy of all counters once a minute, for the last hour. To be called from time to time.
  void tick() noexcept;

  using Counts = std::array<std::uint64_t, kCounters>;
  struct Process {
    std::size_t place = 0;
    std::int32_t pid = 0;
    std::array<std::uint64_t, kGauges> gauges{};
  };
  struct Minute {
    std::uint64_t minute = 0;  // since the epoch
    Counts counts{};           // counted before it
  };
  struct Seen {
    bool is_shared = false;
    Counts counts{};
    std::array<std::int64_t, kFacts> facts{};  // 0: not known
    std::array<std::int64_t, kReasonPlaces> refused{};
    std::vector<Process> processes{};  // those that run
    std::vector<Minute> minutes{};     // of the last hour, the oldest first
  };
  [[nodiscard]] Seen look() const;

 private:
  [[nodiscard]] Result<void, Mistake> open();
  [[nodiscard]] MetricsRoom::Place* own_place() const noexcept;
  void take_place() noexcept;
  void leave_place() noexcept;
  [[nodiscard]] std::vector<Process> processes() const;
  [[nodiscard]] std::vector<Minute> minutes() const;

  MetricsRoom* const room_;
  std::string folder_{};
  std::string name_{};
  bool stays_ = false;
  std::atomic<std::uint64_t> file_{0};       // its inode; 0: none is shared
  std::atomic<std::size_t> place_{kPlaces};  // kPlaces: none
  std::array<std::atomic<std::uint64_t>, kGauges> gauges_{};
  std::atomic<bool> looking_{false};
};

}  // namespace auth
