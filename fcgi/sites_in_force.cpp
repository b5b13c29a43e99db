// SPDX-License-Identifier: Apache-2.0
#include "fcgi/sites_in_force.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "auth/base/log.h"

namespace fcgi {
SitesInForce::SitesInForce(std::unique_ptr<Sites> first, Make make, Settled settled,
                           std::size_t most_held)
    : most_held_(most_held),
      make_(std::move(make)),
      settled_(std::move(settled)),
      in_force_(std::move(first)) {
  before_.reserve(most_held_);
}

SitesInForce::~SitesInForce() { stop(); }

void SitesInForce::start() {
  in_force()->start();
  thread_ = std::thread([this] { run(); });
}

void SitesInForce::renew() {
  {
    const auth::MutexLock lock(mutex_);
    is_asked_ = true;
  }
  wake_.notify_all();
}

std::shared_ptr<Sites> SitesInForce::in_force() const {
  const auth::MutexLock lock(mutex_);
  return in_force_;
}

// The sites are held here as well: the exchange may end before handle does.
void SitesInForce::handle(std::unique_ptr<Exchange> exchange) const {
  const std::shared_ptr<Sites> sites = in_force();
  exchange->keep(std::make_shared<const std::shared_ptr<Sites>>(sites));
  sites->handle(std::move(exchange));
}

void SitesInForce::reopen_audit() const { in_force()->reopen_audit(); }

void SitesInForce::look_alive(const auth::Workers::Task& alive) const {
  in_force()->look_alive(alive);
}

void SitesInForce::stop() {
  {
    const auth::MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (const Before& each : before_) each.sites->stop();
  in_force()->stop();
}

void SitesInForce::run() {
  mutex_.lock();
  while (!is_stopping_) {
    const bool replaces = is_asked_ && has_room();
    const bool waits = is_asked_ && !replaces;
    if (replaces) {
      is_asked_ = false;
    } else if (before_.empty()) {
      wake_.wait(mutex_);
      continue;
    } else {
      wake_.wait_for(mutex_, kSiteLook);
    }
    mutex_.unlock();
    if (replaces) settled_(replace());
    end_those_before();
    tell_of_waiting(waits);
    mutex_.lock();
  }
  mutex_.unlock();
}

bool SitesInForce::replace() {
  std::shared_ptr<Sites> now = in_force();
  try {
    std::shared_ptr<Sites> next = make_(*now);
    if (next == nullptr) return false;
    next->start(now.get());
    const auto stop_at = Clock::now() + now->longest_wait();
    before_.push_back({std::move(now), stop_at});
    const auth::MutexLock lock(mutex_);
    in_force_.swap(next);
    return true;
  } catch (const std::exception& problem) {
    // An exception of the standard library: there is no memory, or no thread can be started.
    auth::log(auth::LogLevel::kError,
              std::string("the settings before stay in force: ") + problem.what());
    return false;
  }
}

bool SitesInForce::has_room() const {
  const auto answering = std::count_if(before_.begin(), before_.end(),
                                       [](const Before& each) { return !each.is_stopped; });
  return static_cast<std::size_t>(answering) < kMostSitesBefore && before_.size() < most_held_;
}

// Once for each waiting, if it lasts longer than one look.
void SitesInForce::tell_of_waiting(bool waits) {
  const auto now = Clock::now();
  if (!waits) {
    tell_at_.reset();
  } else if (!tell_at_) {
    tell_at_ = now + kSiteLook;
  } else if (now >= *tell_at_) {
    tell_at_ = Clock::time_point::max();
    auth::log(auth::LogLevel::kWarn,
              "the changed settings wait until requests that began under earlier ones have ended");
  }
}

// No other thread can begin to hold one any more: if only this thread holds it, all others have let
// it go for good.
void SitesInForce::end_those_before() {
  std::erase_if(before_, [](const Before& each) { return each.sites.use_count() == 1; });
  for (Before& each : before_) {
    if (each.is_stopped || Clock::now() < each.stop_at) continue;
    each.sites->stop();
    each.is_stopped = true;
  }
}

}  // namespace fcgi
