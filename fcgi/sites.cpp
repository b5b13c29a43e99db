// SPDX-License-Identifier: Apache-2.0
#include "fcgi/sites.h"

#include <exception>
#include <string>
#include <utility>

#include "auth/base/log.h"

namespace fcgi {
namespace {

// A token can take several questions: for discovery and keys, about it, and once more.
constexpr int kQuestions = 3;

std::chrono::milliseconds longest_wait(const auth::Settings& settings) {
  return kQuestions * (settings.connect_timeout + settings.timeout);
}

}  // namespace

Sites::Sites(std::unique_ptr<Site> first, Make make, Settled settled)
    : make_(std::move(make)), settled_(std::move(settled)), in_force_(std::move(first)) {
  before_.reserve(kMostSitesBefore);
}

Sites::~Sites() { stop(); }

void Sites::start() {
  in_force()->start();
  thread_ = std::thread([this] { run(); });
}

void Sites::renew() {
  {
    const auth::MutexLock lock(mutex_);
    is_asked_ = true;
  }
  wake_.notify_all();
}

std::shared_ptr<Site> Sites::in_force() const {
  const auth::MutexLock lock(mutex_);
  return in_force_;
}

// It is held here as well: the exchange may end before handle does.
void Sites::handle(std::unique_ptr<Exchange> exchange) const {
  const std::shared_ptr<Site> site = in_force();
  exchange->keep(site);
  site->handle(std::move(exchange));
}

void Sites::reopen_audit() const { in_force()->reopen_audit(); }

void Sites::look_alive(auth::Workers::Task alive) const {
  in_force()->look_alive(std::move(alive));
}

void Sites::stop() {
  {
    const auth::MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (const Before& each : before_) each.site->stop();
  in_force()->stop();
}

void Sites::run() {
  mutex_.lock();
  while (!is_stopping_) {
    const bool replaces = is_asked_ && before_.size() < kMostSitesBefore;
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
    mutex_.lock();
  }
  mutex_.unlock();
}

bool Sites::replace() {
  std::shared_ptr<Site> now = in_force();
  try {
    std::shared_ptr<Site> next = make_(*now);
    if (next == nullptr) return false;
    next->start(now.get());
    const auto stop_at = Clock::now() + longest_wait(now->settings());
    before_.push_back({std::move(now), stop_at});
    const auth::MutexLock lock(mutex_);
    in_force_.swap(next);
    return true;
  } catch (const std::exception& problem) {
    // The standard library's own: there is no memory, or no thread to be had.
    auth::log(auth::LogLevel::kError,
              std::string("the settings before stay in force: ") + problem.what());
    return false;
  }
}

// Nobody but this thread can begin to hold one any more: who held it last has let it go for good.
void Sites::end_those_before() {
  std::erase_if(before_, [](const Before& each) { return each.site.use_count() == 1; });
  for (Before& each : before_) {
    if (each.is_stopped || Clock::now() < each.stop_at) continue;
    each.site->stop();
    each.is_stopped = true;
  }
}

}  // namespace fcgi
