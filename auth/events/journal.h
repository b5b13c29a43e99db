// SPDX-License-Identifier: Apache-2.0
// The journal: how the processes of a machine, or of several, share what has ended and the feed.
//
// It lies in the shared store: a note that says who polls, how far the feed is and how many endings
// there are, and notes that hold these (auth/events/ledger_notes.h).
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

// Whoever polls says so at least every kPollerBeat; is nothing heard of it for kPollerSilence,
// another process takes over.
constexpr std::chrono::milliseconds kPollerBeat{500};
constexpr std::chrono::milliseconds kPollerSilence{1500};

// One thread. All that it is given must outlive it.
class Journal {
 public:
  // shared: null where nothing is shared. denials: null where these processes check no JWT; they
  // have a journal of their own then.
  Journal(SharedCache* shared, Purges& purges, Denials* denials, const Clock& clock);

  // nullopt: there is none, or the store is out of order.
  [[nodiscard]] std::optional<JournalHead> read() const;

  // Takes what others have learned. Returns false if not all denials can be had.
  bool follow(const JournalHead& head);

  // Tells the others of all that has ended, and this. Returns false if it cannot be seen
  // afterwards: another process is heard of and polls, or the store is out of order. relieved: the
  // poller in whose place this one polls.
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
