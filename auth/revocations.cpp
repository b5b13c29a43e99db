// SPDX-License-Identifier: Apache-2.0
#include "auth/revocations.h"

#include "auth/cache/token_cache.h"
#include "auth/events/denials.h"
#include "auth/events/purges.h"

namespace auth {

bool Revocations::are_known() const {
  return !are_awaited() && clock_.steady() - purges_.fed() < kUnfedLife + grace_;
}

bool Revocations::are_awaited() const { return purges_.fed() == SteadyTime(); }

Result<void> Revocations::check(const Claims& claims) const {
  const std::optional<WallTime> issued = claims.issued();
  if (!issued) return Error{Reason::kClaimMissing, "iat"};
  if (*issued + kLongestJwt <= clock_.wall()) {
    return Error{Reason::kRevoked,
                 "it was issued more than 48 hours ago: it may have been revoked before"};
  }
  if (denials_.ended(claims, *issued)) return Reason::kRevoked;
  return {};
}

}  // namespace auth
