// Turns: stand before what LMDB does under locks of its own. For those it waits without end, also
// where their holder stands still (SIGSTOP, a frozen container).
#pragma once

#include <chrono>
#include <thread>

#include "auth/base/descriptor.h"

namespace auth::lmdb {

// How long a turn is waited for.
constexpr std::chrono::milliseconds kTurnWait{50};

// Whether attempt has said yes within that time.
template <typename Attempt>
[[nodiscard]] bool take_turn(const Attempt& attempt) {
  constexpr std::chrono::microseconds kPoll{200};
  for (auto waited = kPoll * 0; !attempt(); waited += kPoll) {
    if (waited >= kTurnWait) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

// For what changes the lock file: opening an environment, taking a place among its readers,
// clearing those of dead processes. Ends with the object.
class LockFileTurn {
 public:
  // An environment's data file, open for writing, and through no other turn's descriptor.
  explicit LockFileTurn(Descriptor data_file);
  // Of one that is open already.
  explicit LockFileTurn(int data_file);

  [[nodiscard]] bool taken() const noexcept { return taken_; }

 private:
  const Descriptor data_file_;
  const bool taken_;
};

}  // namespace auth::lmdb
