// SPDX-License-Identifier: Apache-2.0
// NameWatch: whether the servers' names still lead to the addresses that connections go to.
//
// A connection that works is kept for minutes, and says nothing of a server that has moved. So the
// names are looked up again and again, each on a thread of its own: a resolver that never answers
// makes nobody wait, also not at the end of the program.
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

  // A connection was opened for that URL to that address. Addresses in URLs are no names, nor is
  // localhost, and what a proxy may carry leads to the proxy.
  void connected(const std::string& url, std::string_view address);

  // Takes what has been found, and looks names up where that is due. Never blocks.
  void look(Time now);
  // When look has something to do; Time::max() where no name is known.
  [[nodiscard]] Time next() const noexcept { return names_.empty() ? Time::max() : next_; }

  // Whether an address is in use to which its name led no more at the last good look-up.
  [[nodiscard]] bool has_moved() const noexcept { return has_moved_; }
  // Whether a name cannot be looked up now.
  [[nodiscard]] bool is_failing(Time now) const noexcept;

 private:
  // Lives on its own thread as well.
  struct Lookup {
    std::set<IpAddress> addresses{};  // none: it failed
    std::atomic<bool> ended{false};
  };
  struct Name {
    std::set<IpAddress> used{};
    std::shared_ptr<Lookup> lookup{};  // under way
    Time began{};
    bool failed = false;  // the last one that ended
  };
  void take(Name& name);
  void begin(const std::string& host, Name& name, Time now) const;

  const std::chrono::milliseconds interval_;
  Time next_;
  std::map<std::string, Name> names_{};
  bool has_moved_ = false;
};

}  // namespace auth
