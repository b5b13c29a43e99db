// SPDX-License-Identifier: Apache-2.0
// Metrics: what is counted, in a process or in all processes of a machine (metrics_room.h).
//
// To count is one relaxed addition in memory: no lock, no call of the system. What each is called,
// and what it means, stands in fcgi/monitor/metric_table.cpp.
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

// Thread-safe, but for share.
class Metrics {
 public:
  // In this process alone, as long as nothing is shared.
  Metrics();
  // Gives its place among the processes back.
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Where nobody wants to know.
  [[nodiscard]] static Metrics& unread();

  // From here on it counts in a file of that folder, together with all processes that do so for the
  // same API (whose). stays: whether the process is there for many requests, and gets a place for
  // its gauges. To be called once, before anybody counts. Where it fails, it goes on alone. The
  // mistake follows the folder's name.
  [[nodiscard]] Result<void, Mistake> share(const std::string& folder, std::string_view whose,
                                            bool stays);
  // Where the file is not there any more, or never was, it is made anew. Others may count
  // meanwhile.
  void look_after();

  void add(Counter counter, std::uint64_t count = 1) noexcept {
    room_->counters[static_cast<std::size_t>(counter)].fetch_add(count, std::memory_order_relaxed);
  }
  // One of a row of counters.
  void add_to(Counter first, std::size_t place, std::uint64_t count = 1) noexcept {
    room_->counters[static_cast<std::size_t>(first) + place].fetch_add(count,
                                                                       std::memory_order_relaxed);
  }
  void observe(Histogram histogram, std::chrono::nanoseconds took) noexcept;
  void set(Gauge gauge, std::uint64_t value) noexcept;
  void move(Gauge gauge, std::int64_t by) noexcept;
  // Of this process.
  [[nodiscard]] std::uint64_t own(Gauge gauge) const noexcept {
    return gauges_[static_cast<std::size_t>(gauge)].load(std::memory_order_relaxed);
  }
  // What is true of the machine: the last word counts. Microseconds.
  void note(Fact fact, std::chrono::microseconds value) noexcept;
  void note_refusal(std::size_t reason) noexcept;
  // Notes once a minute what was counted up to here, for the last hour. To be called now and then.
  void tick() noexcept;

  using Counts = std::array<std::uint64_t, kCounters>;
  struct Process {
    std::size_t place = 0;
    std::int32_t pid = 0;
    std::array<std::uint64_t, kGauges> gauges{};
  };
  struct Minute {
    std::uint64_t minute = 0;  // since the epoch
    Counts counts{};           // before it
  };
  struct Seen {
    bool is_shared = false;
    Counts counts{};
    std::array<std::int64_t, kFacts> facts{};  // 0: not known
    std::array<std::int64_t, kReasonPlaces> refused{};
    std::vector<Process> processes{};  // that live
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
