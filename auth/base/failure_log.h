// SPDX-License-Identifier: Apache-2.0
// FailureLog: tells the operator what goes wrong, without drowning the log while it lasts.
#pragma once

#include <chrono>

#include "auth/base/clock.h"
#include "auth/base/quiet_log.h"
#include "auth/base/result.h"

namespace auth {

// At most one line for each Reason in this time. The next line says how many were left out.
constexpr std::chrono::seconds kFailureLogInterval{1};

// Thread-safe.
class FailureLog {
 public:
  explicit FailureLog(const Clock& clock) : log_(kFailureLogInterval, clock) {}

  // Fault::kOwn is logged as an error, Fault::kUpstream and Fault::kLoad as warnings, all else not
  // at all, nor what ends because the program stops.
  void add(const Error& error);

 private:
  QuietLog log_;
};

}  // namespace auth
