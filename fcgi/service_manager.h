// SPDX-License-Identifier: Apache-2.0
// ServiceManager: reports the state of the program to systemd (the protocol of sd_notify(3)).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "auth/settings/sources.h"

namespace fcgi {

// Thread-safe. If nobody asked for reports, all of it does nothing. A report that cannot be sent
// within a second is dropped.
class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment.
  explicit ServiceManager(const auth::Environment& environment);

  // Reports that the program serves, with its state in words.
  void ready(std::string_view status) const;
  // Reports that it reads its settings again; ready ends that.
  void reloading() const;
  void stopping() const;
  // Reports that the program is alive: see watchdog.
  void alive() const;

  // Maximum time between two calls of alive; 0 if nobody watches this process.
  [[nodiscard]] std::chrono::microseconds watchdog() const noexcept { return watchdog_; }

 private:
  void send(const std::string& state) const;

  std::string socket_{};  // a path, or '@' and an abstract name; empty: nobody listens
  std::chrono::microseconds watchdog_{0};
};

}  // namespace fcgi
