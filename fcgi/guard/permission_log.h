// SPDX-License-Identifier: Apache-2.0
// PermissionLog: logs for the operator who lacks which role, scope or organisation, at level info.
#pragma once

#include <chrono>

#include "auth/base/quiet_log.h"
#include "fcgi/guard/decision.h"

namespace fcgi {

// At most one line for each Reason in this time; the next one says how many were left out. At level
// debug none is.
constexpr std::chrono::seconds kPermissionLogInterval{10};

// Thread-safe. The clock must outlive it.
class PermissionLog final : public DecisionObserver {
 public:
  explicit PermissionLog(const auth::Clock& clock) : log_(kPermissionLogInterval, clock) {}

  void decided(const Decision& decision) noexcept override;

 private:
  auth::QuietLog log_;
};

}  // namespace fcgi
