// SPDX-License-Identifier: Apache-2.0
// LedgerNotes: a ledger in the shared store, in notes of a fixed number of endings each.
//
// The notes may be incomplete. Endings that do not lead from what is known here to the expected
// stamp were learned separately.
#pragma once

#include <chrono>
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
  // other processes have learned separately from this one. tokens_live: the life of what may have
  // ended, if all endings must be known; nullopt: those that are lost end everything.
  LedgerNotes(std::string name, std::size_t endings_back,
              std::optional<std::chrono::seconds> tokens_live, const SharedNotes& notes,
              Ledger& ledger, const Clock& clock)
      : name_(std::move(name)),
        endings_back_(endings_back),
        tokens_live_(tokens_live),
        notes_(notes),
        ledger_(ledger),
        clock_(clock) {}

  // Takes what other processes have learned, up to that stamp. Returns false, and changes nothing,
  // if all must be known and some of it is not available.
  bool follow(PurgeStamp stamp);
  // Writes what is new here for the other processes. Each call also looks for one of the parts that
  // were written, and writes it again if it is not there any more. Returns whether all is written.
  [[nodiscard]] bool write();

 private:
  [[nodiscard]] std::string name_of(std::uint64_t part) const;
  [[nodiscard]] std::optional<Ledger::Part> find(std::uint64_t part) const;
  [[nodiscard]] std::optional<Endings> between(std::uint64_t first, std::uint64_t last) const;
  [[nodiscard]] Ledger::Part all_up_to(PurgeStamp stamp) const;
  // Returns whether the ledger is at that stamp. If it is behind, adds what is missing.
  [[nodiscard]] bool leads_to(PurgeStamp stamp);
  [[nodiscard]] bool is_all(const Ledger::Part& endings, PurgeStamp stamp) const;
  [[nodiscard]] std::uint64_t now() const;
  [[nodiscard]] bool write_next_again();
  [[nodiscard]] bool leave(const Ledger::Part& part) const;

  const std::string name_;
  const std::size_t endings_back_;
  const std::optional<std::chrono::seconds> tokens_live_;
  const SharedNotes& notes_;
  Ledger& ledger_;
  const Clock& clock_;
  PurgeStamp written_{};    // the last ending that is in the store
  std::uint64_t next_ = 0;  // the part that is looked for next
};

}  // namespace auth
