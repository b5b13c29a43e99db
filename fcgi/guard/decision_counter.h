// SPDX-License-Identifier: Apache-2.0
// DecisionCounter: counts each decision, and how long it took.
#pragma once

#include "auth/base/metrics.h"
#include "fcgi/guard/decision.h"

namespace fcgi {

// Thread-safe. The metrics must outlive it.
class DecisionCounter final : public DecisionObserver {
 public:
  explicit DecisionCounter(auth::Metrics& metrics) : metrics_(metrics) {}

  void decided(const Decision& decision) noexcept override;

 private:
  auth::Metrics& metrics_;
};

}  // namespace fcgi
