// SPDX-License-Identifier: Apache-2.0
// The head of the journal (journal.h): who polls, how far the feed is, how many purges there are.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/store/sealed_entry.h"

namespace auth {

// A moment that other processes of this machine can compare with theirs, and other machines too, as
// far as their clocks agree.
struct SharedMoment {
  Moment at{};
  std::uint64_t boot = 0;  // identifies the machine and its start

  [[nodiscard]] static SharedMoment now(const Clock& clock);
  // Returns the boot of this machine.
  [[nodiscard]] static std::uint64_t here();
  // Returns how long ago it was. nullopt if it is never, or in the future.
  [[nodiscard]] std::optional<SteadyTime::duration> age(const Clock& clock) const;
};

struct JournalHead {
  PurgeStamp purges{};
  PurgeStamp denials{};  // none if these processes check no JWT
  std::uint64_t poller = 0;
  SharedMoment beat{};                         // when the poller last reported; never: it has left
  SharedMoment complete{};                     // all events up to then are known
  std::optional<WallMicroseconds> position{};  // of the feed
  SharedMoment failed{};                       // when the last poll failed; never: it did not
  std::chrono::seconds rest{};                 // time after it in which no poll is needed
};

// Converts a head to text, and back. nullopt if the text is of another version.
[[nodiscard]] std::string to_text(const JournalHead& head);
[[nodiscard]] std::optional<JournalHead> parse_journal_head(std::string_view text);

}  // namespace auth
