// SPDX-License-Identifier: Apache-2.0
#include "fcgi/life_signs.h"

#include <algorithm>

namespace fcgi {

LifeSigns::LifeSigns(const Server& server, const SitesInForce& sites,
                     std::chrono::microseconds most)
    : server_(server),
      sites_(sites),
      most_(std::max<Clock::duration>(most, kLeastSilence)),
      judged_at_(std::make_shared<std::atomic<Clock::time_point>>(Clock::now())) {}

bool LifeSigns::look() {
  sites_.look_alive([judged_at = judged_at_] { judged_at->store(Clock::now()); });
  const Clock::time_point least = Clock::now() - most_;
  return server_.turned_at() >= least && judged_at_->load() >= least;
}

}  // namespace fcgi
