// SPDX-License-Identifier: Apache-2.0
// Sites: the site in force, and those before it until what they have begun has ended.
//
// A thread of its own makes the next site when somebody asks for it, puts it in force, and ends
// those before it: none of that is for a thread that answers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "auth/base/mutex.h"
#include "fcgi/http/exchange.h"
#include "fcgi/site.h"

namespace fcgi {

// Sites before the one in force. While there are more the next one has to wait.
constexpr std::size_t kMostSitesBefore = 4;
// How often it is looked whether one of them has nothing under way any more.
constexpr std::chrono::milliseconds kSiteLook{50};

// Made, started and stopped by one thread; what else there is is thread-safe.
class Sites {
 public:
  // Makes the site that is to take the place of the one in force. Null where none is; why, it has
  // told the log.
  using Make = std::function<std::unique_ptr<Site>(const Site& in_force)>;

  // Is called on the thread of this when what was asked for is done.
  using Settled = std::function<void(bool is_in_force)>;

  Sites(std::unique_ptr<Site> first, Make make, Settled settled);
  // As stop.
  ~Sites();
  Sites(const Sites&) = delete;
  Sites& operator=(const Sites&) = delete;

  // The first site, and the thread.
  void start();

  // Asks for the next site, and does not wait for it. Who asks while one is being made gets one
  // more.
  void renew();

  // See Site.
  void reopen_audit() const;

  // As Site::handle, of the site in force.
  void handle(std::unique_ptr<Exchange> exchange) const;

  // See Site.
  void look_alive(auth::Workers::Task alive) const;

  // Whoever still waits is told so, and from here on nobody is called any more.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Before {
    std::shared_ptr<Site> site;
    Clock::time_point stop_at;  // whoever waits then waits no longer
    bool is_stopped = false;
  };

  [[nodiscard]] std::shared_ptr<Site> in_force() const;
  void run();
  // Returns whether there was another one to put in force.
  [[nodiscard]] bool replace();
  void end_those_before();

  const Make make_;
  const Settled settled_;
  mutable auth::Mutex mutex_;
  std::condition_variable_any wake_{};
  std::shared_ptr<Site> in_force_ GUARDED_BY(mutex_);
  bool is_asked_ GUARDED_BY(mutex_) = false;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::vector<Before> before_{};  // of the thread alone
  std::thread thread_{};
};

}  // namespace fcgi
