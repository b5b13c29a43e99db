// SPDX-License-Identifier: Apache-2.0
// RefusalLog: logs why tokens are refused, for the operator, at level info, without flooding the
// log.
#pragma once

#include <chrono>

#include "auth/base/clock.h"
#include "auth/base/quiet_log.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace auth {

// Minimum interval between two lines for one Reason; the next one says how many were left out. At
// level debug, none is left out.
constexpr std::chrono::seconds kRefusalLogInterval{10};

// Thread-safe. The clock must outlive it.
class RefusalLog {
 public:
  explicit RefusalLog(const Clock& clock) : log_(kRefusalLogInterval, clock) {}

  // Logs a refusal. Of an opaque token, only what the error says is logged; of a JWT that ZITADEL
  // calls inactive, also the audience that it names. Errors that are not the token's fault are
  // logged at debug only.
  void add(const Error& error, SecretView token);

 private:
  QuietLog log_;
};

}  // namespace auth
