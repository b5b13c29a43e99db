// SPDX-License-Identifier: Apache-2.0
// ServiceManager: tells systemd how the program is (sd_notify(3), by its protocol).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "auth/settings/sources.h"

namespace fcgi {

// Thread-safe. Where nobody asked to be told, all of it does nothing. What cannot be sent within a
// second is not.
class ServiceManager {
 public:
  // NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of the environment.
  explicit ServiceManager(const auth::Environment& environment);

  // The program serves, and that is how, in words.
  void ready(std::string_view status) const;
  // It reads its settings again; ready ends that.
  void reloading() const;
  void stopping() const;
  // All is well, once more: see watchdog.
  void alive() const;

  // How often it is to be told so; 0: nobody watches this process.
  [[nodiscard]] std::chrono::microseconds watchdog() const noexcept { return watchdog_; }

 private:
  void send(const std::string& state) const;

  std::string socket_{};  // a path, or '@' and an abstract name; empty: nobody listens
  std::chrono::microseconds watchdog_{0};
};

}  // namespace fcgi
