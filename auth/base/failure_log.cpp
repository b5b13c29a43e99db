// SPDX-License-Identifier: Apache-2.0
#include "auth/base/failure_log.h"

namespace auth {

void FailureLog::add(const Error& error) {
  const Fault fault = fault_of(error.reason);
  if (fault != Fault::kOwn && fault != Fault::kUpstream && fault != Fault::kLoad) return;
  if (error.reason == Reason::kShuttingDown) return;
  log_.add(fault == Fault::kOwn ? LogLevel::kError : LogLevel::kWarn, describe(error.reason),
           [&] { return to_string(error); });
}

}  // namespace auth
