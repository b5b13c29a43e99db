// SPDX-License-Identifier: Apache-2.0
// Revocations: whether ZITADEL has ended a JWT that is checked here.
#pragma once

#include <chrono>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/token/claims.h"

namespace auth {

class Denials;
class Purges;

// Thread-safe. All arguments of the constructor must outlive it.
class Revocations {
 public:
  // purges: says up to when all is known. grace: time after kUnfedLife for which this still counts
  // if no more events are available.
  Revocations(const Purges& purges, const Denials& denials, std::chrono::seconds grace,
              const Clock& clock)
      : purges_(purges), denials_(denials), grace_(grace), clock_(clock) {}

  // Whether all events up to a short time ago are known.
  [[nodiscard]] bool are_known() const;
  // Whether no events were known yet since this process has started.
  [[nodiscard]] bool are_awaited() const;

  // Errors: kRevoked; kClaimMissing if the JWT does not say when it was issued.
  [[nodiscard]] Result<void> check(const Claims& claims) const;

 private:
  const Purges& purges_;
  const Denials& denials_;
  const std::chrono::seconds grace_;
  const Clock& clock_;
};

}  // namespace auth
