// The journal: how the processes of a machine, or of several, share the purges and the feed.
//
// It lies in the shared store: a note that says who polls, how far the feed is and how many purges
// there are, and notes that hold the purges, a part each. Nothing of it is trusted to be whole:
// what does not lead from the purges known here to those of the note has been learned apart, and
// ends everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/base/clock.h"
#include "auth/events/journal_head.h"
#include "auth/events/purges.h"
#include "auth/store/shared_cache.h"

namespace auth {

// Whoever polls says so at least every kPollerBeat; is nothing heard of it for kPollerSilence,
// another process takes over.
constexpr std::chrono::milliseconds kPollerBeat{500};
constexpr std::chrono::milliseconds kPollerSilence{1500};

// One thread. All that it is given must outlive it.
class Journal {
 public:
  // shared: null where nothing is shared.
  Journal(SharedCache* shared, Purges& purges, const Clock& clock)
      : shared_(shared), purges_(purges), clock_(clock) {}

  // nullopt: there is none, or the store is out of order.
  [[nodiscard]] std::optional<JournalHead> read();

  // Takes the purges that others have learned of.
  void follow(const JournalHead& head);

  // Tells the others of all purges, and this. Returns false if it cannot be seen afterwards:
  // another process is heard of and polls, or the store is out of order.
  [[nodiscard]] bool publish(JournalHead head);

 private:
  [[nodiscard]] std::optional<std::string> note(const std::string& name);
  void leave(const std::string& name, const std::string& text, const SharedCache::KeepsNote& keeps);
  [[nodiscard]] std::optional<Purges::Part> part(std::uint64_t number);
  [[nodiscard]] std::optional<std::vector<Scope>> scopes_between(std::uint64_t first,
                                                                 std::uint64_t last);
  [[nodiscard]] Purges::Part all_up_to(PurgeStamp stamp);
  void write_parts();

  SharedCache* const shared_;
  Purges& purges_;
  const Clock& clock_;
  PurgeStamp written_{};  // the last purge that is in the store
};

}  // namespace auth
