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
  std::uint64_t boot = 0;  // of which machine, since when

  [[nodiscard]] static SharedMoment now(const Clock& clock);
  // This machine, since it was started.
  [[nodiscard]] static std::uint64_t here();
  // nullopt: never, or it lies in the future.
  [[nodiscard]] std::optional<SteadyTime::duration> age(const Clock& clock) const;
};

struct JournalHead {
  PurgeStamp purges{};
  PurgeStamp denials{};  // none where these processes check no JWT
  std::uint64_t poller = 0;
  SharedMoment beat{};      // when the poller last said that it is there; never: it has left
  SharedMoment complete{};  // all is known up to then
  std::optional<WallMicroseconds> position{};  // of the feed
  SharedMoment failed{};                       // the last poll, which failed; never: it did not
  std::chrono::seconds rest{};                 // so long after it ZITADEL need not be asked again
};

// As text, and back. nullopt: it is of another version.
[[nodiscard]] std::string to_text(const JournalHead& head);
[[nodiscard]] std::optional<JournalHead> parse_journal_head(std::string_view text);

}  // namespace auth
