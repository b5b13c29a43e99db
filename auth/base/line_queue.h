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

// Bounded in bytes: a line that does not fit is dropped and counted. Thread-safe.
class LineQueue {
 public:
  explicit LineQueue(std::size_t most);

  // line: with its line break. Waits for nobody, and needs no memory.
  void add(std::string_view line) noexcept;

  // Counts a line that was lost before it came here.
  void drop() noexcept;

  struct Taken {
    std::string lines{};
    std::uint64_t dropped = 0;  // lines, since the last wait
  };
  // Waits until there is something, and takes all of it. The queue uses the memory of `taken` for
  // the next lines. Returns false if the queue is closed and all was taken.
  [[nodiscard]] bool wait(Taken& taken);
  // Closes the queue. The waiting thread takes what is left.
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
