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

  // Takes what other processes have learned, up to that stamp. Returns whether the ledger is whole
  // then: if not, the rest may have ended everything that was issued until now.
  bool follow(PurgeStamp stamp);
  // Writes what is new here for the other processes, or what the store has lost: of the parts that
  // were written, each call looks for one. Returns whether all is there.
  [[nodiscard]] bool write();

 private:
  [[nodiscard]] std::string name_of(std::uint64_t part) const;
  [[nodiscard]] std::optional<Ledger::Part> find(std::uint64_t part) const;
  [[nodiscard]] std::optional<Endings> between(std::uint64_t first, std::uint64_t last) const;
  [[nodiscard]] Ledger::Part all_up_to(PurgeStamp stamp) const;
  // Whether the ledger is at that stamp. Takes the endings before it from the notes.
  [[nodiscard]] bool leads_to(PurgeStamp stamp);
  [[nodiscard]] bool is_next_there();
  [[nodiscard]] bool leave(const Ledger::Part& part) const;

  const std::string name_;
  const std::size_t endings_back_;
  const SharedNotes& notes_;
  Ledger& ledger_;
  const Clock& clock_;
  PurgeStamp written_{};     // the last ending that is in the store
  std::uint64_t first_ = 0;  // the parts that were written, up to before end_
  std::uint64_t end_ = 0;
  std::uint64_t next_ = 0;  // the one that is looked for next
};

}  // namespace auth
