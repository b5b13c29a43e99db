// SPDX-License-Identifier: Apache-2.0
// LineQueue: lines on their way to a thread that writes them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/base/mutex.h"

namespace auth {

// Bounded in bytes: what has no room is dropped and counted. Thread-safe.
class LineQueue {
 public:
  explicit LineQueue(std::size_t most);

  // line: with its line break. Waits for nobody, and needs no memory.
  void add(std::string_view line) noexcept;

  // Counts one that there was no room for elsewhere.
  void drop() noexcept;

  struct Taken {
    std::string lines{};
    std::uint64_t dropped = 0;  // since the last time
  };
  // Takes all that is there, as soon as there is something, and leaves that memory for what comes.
  // False: the queue is closed, and all was taken.
  [[nodiscard]] bool wait(Taken& taken);
  // Whoever waits takes what is left.
  void close();

 private:
  void take_all(Taken& taken) REQUIRES_LOCK(mutex_);

  const std::size_t most_;
  Mutex mutex_{};
  std::condition_variable_any changed_{};
  std::string lines_ GUARDED_BY(mutex_){};
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  bool is_waited_for_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace auth
