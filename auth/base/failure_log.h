// FailureLog: tells the operator what goes wrong, without drowning the log while it lasts.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"

namespace auth {

// One line for each Reason in this time; the next one says how many were left out.
constexpr std::chrono::seconds kFailureLogInterval{1};

// Thread-safe.
class FailureLog {
 public:
  explicit FailureLog(const Clock& clock) : clock_(clock) {}

  // Fault::kOwn is logged as an error, Fault::kUpstream and Fault::kLoad as warnings, all else not
  // at all, nor what ends because the program stops.
  void add(const Error& error);

 private:
  struct Seen {
    SteadyTime next_line{};
    std::uint64_t left_out = 0;
  };

  const Clock& clock_;
  Mutex mutex_;
  std::map<Reason, Seen> seen_ GUARDED_BY(mutex_);
};

}  // namespace auth
