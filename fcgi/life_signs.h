// SPDX-License-Identifier: Apache-2.0
// LifeSigns: whether the threads that answer, and those that judge, still turn.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "fcgi/server/server.h"
#include "fcgi/sites_in_force.h"

namespace fcgi {

// A request thread that has nothing to do turns once a second.
constexpr std::chrono::seconds kLeastSilence{2};

// One thread.
class LifeSigns {
 public:
  // most: as long as that a thread may be busy with one thing. Both must outlive it.
  LifeSigns(const Server& server, const SitesInForce& sites, std::chrono::microseconds most);

  // Whether all of them have given a sign lately; asks for the next one.
  [[nodiscard]] bool look();

 private:
  using Clock = std::chrono::steady_clock;

  const Server& server_;
  const SitesInForce& sites_;
  const Clock::duration most_;
  // When a worker has last answered: it may do so later than this lives.
  const std::shared_ptr<std::atomic<Clock::time_point>> judged_at_;
};

}  // namespace fcgi
