// SPDX-License-Identifier: Apache-2.0
// SitesInForce: the sites in force, and those before them until what they have begun has ended.
//
// A thread of its own makes the next ones when somebody asks for them, puts them in force, and ends
// those before: none of that is for a thread that answers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "auth/base/mutex.h"
#include "fcgi/http/exchange.h"
#include "fcgi/sites.h"

namespace fcgi {

// Those before the ones in force. While there are more the next ones have to wait.
constexpr std::size_t kMostSitesBefore = 4;
// How often it is looked whether some of them have nothing under way any more.
constexpr std::chrono::milliseconds kSiteLook{50};

// Made, started and stopped by one thread; what else there is is thread-safe.
class SitesInForce {
 public:
  // Makes the sites that are to take the place of those in force. Null where none are; why, it has
  // told the log.
  using Make = std::function<std::unique_ptr<Sites>(const Sites& in_force)>;

  // Is called on the thread of this when what was asked for is done.
  using Settled = std::function<void(bool is_in_force)>;

  SitesInForce(std::unique_ptr<Sites> first, Make make, Settled settled);
  // As stop.
  ~SitesInForce();
  SitesInForce(const SitesInForce&) = delete;
  SitesInForce& operator=(const SitesInForce&) = delete;

  // The first sites, and the thread.
  void start();

  // Asks for the next sites, and does not wait for them. Who asks while some are being made gets
  // more.
  void renew();

  // See Sites.
  void reopen_audit() const;

  // As Sites::handle, of those in force.
  void handle(std::unique_ptr<Exchange> exchange) const;

  // See Sites.
  void look_alive(const auth::Workers::Task& alive) const;

  // Whoever still waits is told so, and from here on nobody is called any more.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Before {
    std::shared_ptr<Sites> sites;
    Clock::time_point stop_at;  // whoever waits then waits no longer
    bool is_stopped = false;
  };

  [[nodiscard]] std::shared_ptr<Sites> in_force() const;
  void run();
  // Returns whether there were others to put in force.
  [[nodiscard]] bool replace();
  void end_those_before();

  const Make make_;
  const Settled settled_;
  mutable auth::Mutex mutex_;
  std::condition_variable_any wake_{};
  std::shared_ptr<Sites> in_force_ GUARDED_BY(mutex_);
  bool is_asked_ GUARDED_BY(mutex_) = false;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::vector<Before> before_{};  // of the thread alone
  std::thread thread_{};
};

}  // namespace fcgi
