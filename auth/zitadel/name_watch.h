// SPDX-License-Identifier: Apache-2.0
// NameWatch: checks whether the servers' names still lead to the addresses of the connections.
//
// A connection that works is kept for minutes, and does not show that a server has moved. So the
// names are looked up at an interval, each on a thread of its own: a resolver that never answers
// makes nobody wait, not even the end of the program.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "auth/base/ip_address.h"

namespace auth {

// A look-up that takes longer counts as failed until it ends.
constexpr std::chrono::seconds kSlowLookup{1};

// Used by the I/O thread alone.
class NameWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  NameWatch(std::chrono::milliseconds interval, Time now)
      : interval_(interval), next_(now + interval) {}

  // Notes that a connection was opened for that URL to that address. Ignores URLs of an address or
  // of localhost, which are no names, and those that a proxy may carry: they lead to the proxy.
  void connected(const std::string& url, std::string_view address);

  // Takes the results of look-ups that have ended, and begins those that are due. Never blocks.
  void look(Time now);
  // Returns when look has something to do; Time::max() if no name is known.
  [[nodiscard]] Time next() const noexcept { return names_.empty() ? Time::max() : next_; }

  // Whether an address is in use to which its name no longer led at a good look-up.
  [[nodiscard]] bool has_moved() const noexcept { return has_moved_; }
  // Whether a name cannot be looked up now.
  [[nodiscard]] bool is_failing(Time now) const noexcept;

 private:
  // Shared with the thread of the look-up.
  struct Lookup {
    std::set<IpAddress> addresses{};  // empty: the look-up failed
    std::atomic<bool> ended{false};
  };
  struct Name {
    std::set<IpAddress> used{};
    std::shared_ptr<Lookup> lookup{};  // the one under way, if any
    Time began{};
    bool failed = false;  // the last look-up that ended
  };
  void take(Name& name);
  void begin(const std::string& host, Name& name, Time now) const;

  const std::chrono::milliseconds interval_;
  Time next_;
  std::map<std::string, Name> names_{};
  bool has_moved_ = false;
};

}  // namespace auth
