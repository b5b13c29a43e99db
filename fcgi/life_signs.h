// SPDX-License-Identifier: Apache-2.0
// LifeSigns: checks whether the threads that answer, and those that decide, are still alive.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "fcgi/server/server.h"
#include "fcgi/sites_in_force.h"

namespace fcgi {

// Minimum of the silence that counts as a failure. A request thread that has nothing to do wakes up
// once a second.
constexpr std::chrono::seconds kLeastSilence{2};

// One thread.
class LifeSigns {
 public:
  // most: how long a thread may be busy with one thing. Server and sites must outlive it.
  LifeSigns(const Server& server, const SitesInForce& sites, std::chrono::microseconds most);

  // Returns whether all threads have given a sign within that time; asks for the next one.
  [[nodiscard]] bool look();

 private:
  using Clock = std::chrono::steady_clock;

  const Server& server_;
  const SitesInForce& sites_;
  const Clock::duration most_;
  // Time at which a worker last answered. Shared: it may answer after this object is destroyed.
  const std::shared_ptr<std::atomic<Clock::time_point>> judged_at_;
};

}  // namespace fcgi
