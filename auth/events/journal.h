// SPDX-License-Identifier: Apache-2.0
// The journal: how the processes of a machine, or of several, share what has ended and the feed.
//
// It is in the shared store: one note says which process polls, how far the feed is and how many
// endings there are; other notes hold the endings (auth/events/ledger_notes.h).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/events/denials.h"
#include "auth/events/journal_head.h"
#include "auth/events/ledger_notes.h"
#include "auth/events/purges.h"
#include "auth/events/shared_notes.h"
#include "auth/store/shared_cache.h"

namespace auth {

// The process that polls reports it at least every kPollerBeat. If it reports nothing for
// kPollerSilence, another process takes over.
constexpr std::chrono::milliseconds kPollerBeat{500};
constexpr std::chrono::milliseconds kPollerSilence{1500};

// One thread at a time. All arguments of the constructor must outlive it.
class Journal {
 public:
  // shared: null if nothing is shared. denials: null if these processes check no JWT; they have a
  // journal of their own then.
  Journal(SharedCache* shared, Purges& purges, Denials* denials, const Clock& clock);

  // Returns the head. nullopt if there is none, or the store is out of order.
  [[nodiscard]] std::optional<JournalHead> read() const;

  // Takes what other processes have learned. Returns false, and leaves the denials as they are, if
  // not all of them are available.
  bool follow(const JournalHead& head);

  // Writes all endings and this head for the other processes. Returns false if the head is not in
  // the store afterwards: another process reports that it polls, or the store is out of order.
  // relieved: the poller that this one replaces.
  [[nodiscard]] bool publish(JournalHead head, std::uint64_t relieved = 0);

 private:
  [[nodiscard]] bool is_of_another(const std::string& note, std::uint64_t poller,
                                   std::uint64_t relieved) const;

  const std::string name_;
  const SharedNotes notes_;
  const Purges& purges_;
  const Denials* const denials_;
  const Clock& clock_;
  LedgerNotes purge_notes_;
  std::optional<LedgerNotes> denial_notes_{};
};

}  // namespace auth
