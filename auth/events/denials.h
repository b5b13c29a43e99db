// SPDX-License-Identifier: Apache-2.0
// Denials: which JWTs ZITADEL has ended before their expiry.
//
// A JWT says when it was issued, and an event when it happened, both by ZITADEL's clock: what an
// event names has ended if it was not issued after it. Where more has ended than is told apart
// (kMaxPurges), all has ended that was issued before what is forgotten.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "auth/base/clock.h"
#include "auth/events/ledger.h"

namespace auth {

// A JWT is good no longer than this after it was issued: nobody knows what has ended it before.
// ZITADEL gives twelve hours where nothing else is set.
constexpr std::chrono::hours kLongestJwt{48};

// Thread-safe. Only one thread changes it.
class Denials final : public Ledger {
 public:
  // See Ledger.
  Denials(std::string project_id, bool passes_roles)
      : Ledger(std::move(project_id), passes_roles) {}

  [[nodiscard]] bool ended(const Claims& claims, WallTime issued) const;

  // Nothing is known: what has happened is read anew.
  void begin_anew();

 private:
  std::uint64_t rank_of(const Ending& ending) override REQUIRES_LOCK(mutex_) {
    return ending.issued_until;
  }
  void appended() override REQUIRES_LOCK(mutex_);
};

}  // namespace auth
