// SPDX-License-Identifier: Apache-2.0
// FailureLog: logs failures for the operator without flooding the log while they last.
#pragma once

#include <chrono>

#include "auth/base/clock.h"
#include "auth/base/quiet_log.h"
#include "auth/base/result.h"

namespace auth {

// Minimum interval between two lines of one Reason. The next line says how many were left out.
constexpr std::chrono::seconds kFailureLogInterval{1};

// Thread-safe.
class FailureLog {
 public:
  explicit FailureLog(const Clock& clock) : log_(kFailureLogInterval, clock) {}

  // Logs Fault::kOwn as an error, Fault::kUpstream and Fault::kLoad as warnings. Logs nothing for
  // other faults, and nothing for requests that end because the program stops.
  void add(const Error& error);

 private:
  QuietLog log_;
};

}  // namespace auth
