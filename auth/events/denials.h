// SPDX-License-Identifier: Apache-2.0
// Denials: the JWTs that ZITADEL has ended before their expiry.
//
// A JWT says when it was issued, and an event when it happened, both by ZITADEL's clock: a JWT that
// an event names has ended if it was not issued after the event. If there are more endings than are
// kept apart (kMaxPurges), every JWT has ended that was not issued after the forgotten ones.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "auth/base/clock.h"
#include "auth/events/ledger.h"

namespace auth {

// Maximum age of a JWT, counted from its issue: the events that ended an older one are not known.
// ZITADEL's default lifetime is twelve hours.
constexpr std::chrono::hours kLongestJwt{48};

// Thread-safe. Only one thread changes it.
class Denials final : public Ledger {
 public:
  // See Ledger.
  Denials(std::string project_id, bool passes_roles)
      : Ledger(std::move(project_id), passes_roles) {}

  [[nodiscard]] bool ended(const Claims& claims, WallTime issued) const;

  // Replaces all endings by those that the feed has read again.
  void begin_anew(Endings all);

 private:
  std::uint64_t rank_of(const Ending& ending) override REQUIRES_LOCK(mutex_) {
    return ending.issued_until;
  }
  void appended() override REQUIRES_LOCK(mutex_);
};

}  // namespace auth
