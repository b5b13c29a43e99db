// SPDX-License-Identifier: Apache-2.0
// Readiness: reports, for a load balancer, whether this process has all that it needs to check a
// token.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "auth/base/worker_pool.h"
#include "auth/store/shared_cache.h"
#include "auth/zitadel/discovery.h"

namespace auth {

// Minimum interval between two checks, however often somebody asks.
constexpr std::chrono::seconds kReadinessPause{1};

struct Ready {
  bool knows_zitadel = false;  // has found its endpoints, or has them from the settings
  bool reaches_store = false;  // or uses none
};

// Thread-safe. All arguments of the constructor must outlive it.
class Readiness {
 public:
  using Told = std::function<void(Ready)>;

  // discovery: null if all endpoints that are needed are in the settings. shared: null if nothing
  // is shared.
  Readiness(Discovery* discovery, SharedCache* shared, Workers& workers, const Clock& clock,
            Metrics& metrics)
      : discovery_(discovery),
        shared_(shared),
        workers_(workers),
        clock_(clock),
        metrics_(metrics) {}

  // Calls told once: before it returns if the last check ended less than kReadinessPause ago, else
  // later, on another thread. A check writes to the store, and asks ZITADEL if it was never
  // reached.
  void ask(const Told& told);

 private:
  void find();
  void try_store(bool knows_zitadel);
  void settle(Ready found);

  Discovery* const discovery_;
  SharedCache* const shared_;
  Workers& workers_;
  const Clock& clock_;
  Metrics& metrics_;
  Mutex mutex_;
  bool is_asking_ GUARDED_BY(mutex_) = false;
  Ready last_ GUARDED_BY(mutex_);
  SteadyTime ask_at_ GUARDED_BY(mutex_){};
  std::vector<Told> waiting_ GUARDED_BY(mutex_);
};

}  // namespace auth
