// SPDX-License-Identifier: Apache-2.0
// LedgerNotes: a ledger in the shared store, in notes of a fixed number of endings each.
//
// The notes may be incomplete. Endings that do not lead from what is known here to the expected
// stamp were learned separately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "auth/base/clock.h"
#include "auth/events/ledger.h"
#include "auth/events/shared_notes.h"

namespace auth {

// One thread at a time. All arguments of the constructor must outlive it.
class LedgerNotes {
 public:
  // name: with a blank in it (Sealer::key_of_note). endings_back: how many endings are read if
  // other processes have learned separately from this one.
  LedgerNotes(std::string name, std::size_t endings_back, const SharedNotes& notes, Ledger& ledger,
              const Clock& clock)
      : name_(std::move(name)),
        endings_back_(endings_back),
        notes_(notes),
        ledger_(ledger),
        clock_(clock) {}

  // Takes what other processes have learned, up to that stamp. Returns false if not all of it is
  // available: then the rest may have ended everything that was issued until now.
  bool follow(PurgeStamp stamp);
  // Writes what is new here for the other processes.
  void write();

 private:
  [[nodiscard]] std::string name_of(std::uint64_t part) const;
  [[nodiscard]] std::optional<Ledger::Part> find(std::uint64_t part) const;
  [[nodiscard]] std::optional<Endings> between(std::uint64_t first, std::uint64_t last) const;
  [[nodiscard]] Ledger::Part all_up_to(PurgeStamp stamp) const;
  void leave(const Ledger::Part& part) const;

  const std::string name_;
  const std::size_t endings_back_;
  const SharedNotes& notes_;
  Ledger& ledger_;
  const Clock& clock_;
  PurgeStamp written_{};  // the last ending that is in the store
};

}  // namespace auth
