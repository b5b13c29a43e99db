// SPDX-License-Identifier: Apache-2.0
// Purges: the remembered answers that events have ended.
//
// A remembered answer counts only if its question was sent after every purge that fits it. "After"
// means the numbers of the purges and no clock: an event may be reported later than its date, and
// the clocks of ZITADEL and of the machines differ.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/events/ledger.h"

namespace auth {

// Thread-safe. Only one thread changes it.
class Purges final : public Ledger {
 public:
  // See Ledger.
  Purges(std::string project_id, bool passes_roles) : Ledger(std::move(project_id), passes_roles) {}

  // Returns the number of changes, from 1 on; 0 is never up to date.
  [[nodiscard]] std::uint64_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }
  // Whether the answer to a question that was sent at that generation has ended.
  [[nodiscard]] bool ended(const Claims& claims, std::uint64_t generation) const {
    return generation != this->generation() && ended_since(claims, generation);
  }

  struct Known {
    std::uint64_t generation = 0;
    PurgeStamp stamp{};
  };
  [[nodiscard]] Known known() const;
  // Returns the generation at which this process knew the ending of the stamp. nullopt if it does
  // not know the stamp.
  [[nodiscard]] std::optional<std::uint64_t> generation_of(PurgeStamp stamp) const;
  // Returns the generation of the last purge of that kind; 0 if none is known.
  [[nodiscard]] std::uint64_t last_of(Ends kind) const;

  // Returns the time up to which all is known that has ended tokens; the epoch if never.
  [[nodiscard]] SteadyTime fed() const noexcept {
    return SteadyTime(SteadyTime::duration(fed_.load(std::memory_order_acquire)));
  }
  void fed_at(SteadyTime time) noexcept {
    fed_.store(time.time_since_epoch().count(), std::memory_order_release);
  }

 private:
  [[nodiscard]] bool ended_since(const Claims& claims, std::uint64_t generation) const;

  std::uint64_t rank_of(const Ending&) override REQUIRES_LOCK(mutex_) { return ++newest_; }
  // Starts a generation that no purge has: so no earlier answer counts.
  void emptied() override REQUIRES_LOCK(mutex_) { ++newest_; }
  // The generation is stored last: a thread that sees it finds the purges.
  void appended() override REQUIRES_LOCK(mutex_) {
    generation_.store(newest_, std::memory_order_release);
  }

  std::uint64_t newest_ GUARDED_BY(mutex_) = 1;
  std::atomic<std::uint64_t> generation_{1};
  std::atomic<SteadyTime::rep> fed_{0};
};

}  // namespace auth
