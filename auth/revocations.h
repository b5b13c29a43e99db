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

// Thread-safe. All that it is given must outlive it.
class Revocations {
 public:
  // purges: says up to when all is known. grace: how much longer than kUnfedLife what is known
  // counts when no more can be had.
  Revocations(const Purges& purges, const Denials& denials, std::chrono::seconds grace,
              const Clock& clock)
      : purges_(purges), denials_(denials), grace_(grace), clock_(clock) {}

  // Whether all is known that has happened till a moment ago.
  [[nodiscard]] bool are_known() const;
  // Whether nothing was known yet, since this process has begun.
  [[nodiscard]] bool are_awaited() const;

  // Errors: kRevoked; kClaimMissing, where the JWT does not say when it was issued.
  [[nodiscard]] Result<void> check(const Claims& claims) const;

 private:
  const Purges& purges_;
  const Denials& denials_;
  const std::chrono::seconds grace_;
  const Clock& clock_;
};

}  // namespace auth
