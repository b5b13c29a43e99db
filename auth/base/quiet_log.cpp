// SPDX-License-Identifier: Apache-2.0
#include "auth/base/quiet_log.h"

#include <utility>

namespace auth {

void QuietLog::add(LogLevel level, std::string_view kind, std::string line) {
  if (const std::optional<std::uint64_t> left_out = its_turn(kind)) {
    say(level, std::move(line), *left_out);
  }
}

std::optional<std::uint64_t> QuietLog::its_turn(std::string_view kind) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  auto found = seen_.find(kind);
  if (found == seen_.end()) found = seen_.try_emplace(std::string(kind)).first;
  Seen& seen = found->second;
  if (now < seen.next_line) {
    ++seen.left_out;
    return std::nullopt;
  }
  seen.next_line = now + interval_;
  return std::exchange(seen.left_out, 0);
}

void QuietLog::say(LogLevel level, std::string line, std::uint64_t left_out) {
  if (left_out > 0) line += " (and " + std::to_string(left_out) + " more since the last line)";
  log(level, line);
}

}  // namespace auth
