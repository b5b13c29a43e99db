// SPDX-License-Identifier: Apache-2.0
// RefusalLog: tells the operator why tokens are refused, at level info, without drowning the log.
#pragma once

#include <chrono>

#include "auth/base/clock.h"
#include "auth/base/quiet_log.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace auth {

// At most one line for each Reason in this time; the next one says how many were left out. At level
// debug none is.
constexpr std::chrono::seconds kRefusalLogInterval{10};

// Thread-safe. The clock must outlive it.
class RefusalLog {
 public:
  explicit RefusalLog(const Clock& clock) : log_(kRefusalLogInterval, clock) {}

  // Of an opaque token nothing is told but what the error says; of a JWT that ZITADEL calls
  // inactive whom it says that it is meant for. Errors that are not the token's fault are told at
  // debug only.
  void add(const Error& error, SecretView token);

 private:
  QuietLog log_;
};

}  // namespace auth
