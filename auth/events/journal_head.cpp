// SPDX-License-Identifier: Apache-2.0
#include "auth/events/journal_head.h"

#include <algorithm>
#include <fstream>

#include "auth/base/number.h"
#include "auth/events/scope.h"
#include "auth/store/shared_cache.h"

namespace auth {
namespace {

constexpr std::string_view kVersion = "3";
constexpr std::size_t kHeadNumbers = 17;

// Returns a number that identifies this machine and its start; 0 if it is not known.
std::uint64_t this_boot() {
  static const std::uint64_t boot = [] {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id.empty() ? 0 : Digest().add(id).value();
  }();
  return boot;
}

template <typename Time>
std::uint64_t number_of(Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

template <typename Time>
Time time_of(std::uint64_t number) {
  return Time(typename Time::duration(static_cast<typename Time::rep>(number)));
}

void put(std::string& out, const SharedMoment& moment) {
  put_number(out, number_of(moment.at.steady));
  put_number(out, number_of(moment.at.wall));
  put_number(out, moment.boot);
}

}  // namespace

std::uint64_t SharedMoment::here() { return this_boot(); }

SharedMoment SharedMoment::now(const Clock& clock) { return {clock.now(), this_boot()}; }

std::optional<SteadyTime::duration> SharedMoment::age(const Clock& clock) const {
  const Moment now = clock.now();
  if (at.wall == WallMicroseconds()) return std::nullopt;
  if (boot == this_boot() && boot != 0) {
    return at.steady <= now.steady ? std::optional(now.steady - at.steady) : std::nullopt;
  }
  if (at.wall > now.wall + kClockStep) return std::nullopt;
  return std::max<SteadyTime::duration>(now.wall - at.wall, SteadyTime::duration(0));
}

std::string to_text(const JournalHead& head) {
  std::string text(kVersion);
  put_number(text, head.purges.number);
  put_number(text, head.purges.chain);
  put_number(text, head.denials.number);
  put_number(text, head.denials.chain);
  put_number(text, head.poller);
  put(text, head.beat);
  put(text, head.complete);
  put_number(text, head.position.has_value() ? 1 : 0);
  put_number(text, number_of(head.position.value_or(WallMicroseconds())));
  put(text, head.failed);
  put_number(text, static_cast<std::uint64_t>(head.rest.count()));
  return text;
}

std::optional<JournalHead> parse_journal_head(std::string_view text) {
  if (!text.starts_with(kVersion)) return std::nullopt;
  text.remove_prefix(kVersion.size());
  if (text.size() != kHeadNumbers * kNumberBytes) return std::nullopt;
  const auto next = [&text] {
    const std::uint64_t number = get_number(text);
    text.remove_prefix(kNumberBytes);
    return number;
  };
  const auto next_moment = [&next] {
    SharedMoment moment;
    moment.at.steady = time_of<SteadyTime>(next());
    moment.at.wall = time_of<WallMicroseconds>(next());
    moment.boot = next();
    return moment;
  };
  JournalHead head;
  head.purges.number = next();
  head.purges.chain = next();
  head.denials.number = next();
  head.denials.chain = next();
  head.poller = next();
  head.beat = next_moment();
  head.complete = next_moment();
  const bool has_position = next() == 1;
  const auto position = time_of<WallMicroseconds>(next());
  if (has_position) head.position = position;
  head.failed = next_moment();
  head.rest = std::chrono::seconds(static_cast<std::chrono::seconds::rep>(next()));
  return head;
}

}  // namespace auth
