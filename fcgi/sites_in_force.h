// SPDX-License-Identifier: Apache-2.0
// SitesInForce: the sites in force, and the sites before them until what they have begun has ended.
//
// A thread of its own makes the next sites when somebody asks for them, puts them in force, and
// ends those before: a thread that answers requests does none of that.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "auth/base/mutex.h"
#include "fcgi/http/exchange.h"
#include "fcgi/sites.h"

namespace fcgi {

// Maximum number of sites before those in force that still answer. While there are as many, the
// next ones have to wait.
constexpr std::size_t kMostSitesBefore = 4;
// The same for all that are held: also those that are stopped, and only wait for their last request
// to end. A client can make it last, with a body that comes byte by byte.
constexpr std::size_t kMostSitesHeld = 64;
// Interval between two checks whether some of them have nothing under way any more.
constexpr std::chrono::milliseconds kSiteLook{50};

// Made, started and stopped by one thread; all other functions are thread-safe.
class SitesInForce {
 public:
  // Makes the sites that replace those in force. Null if none replace them; it has logged why.
  using Make = std::function<std::unique_ptr<Sites>(const Sites& in_force)>;

  // Called on the thread of this object when what was asked for is done.
  using Settled = std::function<void(bool is_in_force)>;

  SitesInForce(std::unique_ptr<Sites> first, Make make, Settled settled,
               std::size_t most_held = kMostSitesHeld);
  // Calls stop.
  ~SitesInForce();
  SitesInForce(const SitesInForce&) = delete;
  SitesInForce& operator=(const SitesInForce&) = delete;

  // Starts the first sites and the thread.
  void start();

  // Asks for the next sites, and does not wait for them. If some are being made already, more are
  // made after them. If they have to wait, one line of the log says so.
  void renew();

  // See Sites.
  void reopen_audit() const;

  // Calls Sites::handle of the sites in force. The exchange keeps them by an object of its own:
  // once it has let go, a weak pointer to that object does not bring them back.
  void handle(std::unique_ptr<Exchange> exchange) const;

  // See Sites.
  void look_alive(const auth::Workers::Task& alive) const;

  // Stops all sites. Whoever still waits is answered so, and from here on nobody is called any
  // more.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Before {
    std::shared_ptr<Sites> sites;
    Clock::time_point stop_at;  // time at which whoever still waits is answered
    bool is_stopped = false;
  };

  [[nodiscard]] std::shared_ptr<Sites> in_force() const;
  void run();
  // Puts the next sites in force. Returns whether there were any.
  [[nodiscard]] bool replace();
  [[nodiscard]] bool has_room() const;
  void end_those_before();
  void tell_of_waiting(bool waits);

  const std::size_t most_held_;
  const Make make_;
  const Settled settled_;
  mutable auth::Mutex mutex_;
  std::condition_variable_any wake_{};
  std::shared_ptr<Sites> in_force_ GUARDED_BY(mutex_);
  bool is_asked_ GUARDED_BY(mutex_) = false;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  // Used by the thread alone.
  std::vector<Before> before_{};
  std::optional<Clock::time_point> tell_at_{};  // set while what is asked for has to wait
  std::thread thread_{};
};

}  // namespace fcgi
