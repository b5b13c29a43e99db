// SPDX-License-Identifier: Apache-2.0
#include "auth/base/line_queue.h"

#include <utility>

namespace auth {

LineQueue::LineQueue(std::size_t most) : most_(most) {
  const MutexLock lock(mutex_);
  lines_.reserve(most_);
}

void LineQueue::add(std::string_view line) noexcept {
  {
    const MutexLock lock(mutex_);
    if (line.size() > most_ - lines_.size()) {
      ++dropped_;
      return;
    }
    lines_.append(line);  // within what is reserved
    if (!std::exchange(is_waited_for_, false)) return;
  }
  changed_.notify_one();
}

void LineQueue::drop() noexcept {
  const MutexLock lock(mutex_);
  ++dropped_;
}

void LineQueue::take_all(Taken& taken) {
  taken.lines.clear();
  taken.lines.reserve(most_);
  lines_.swap(taken.lines);
  taken.dropped = std::exchange(dropped_, 0);
}

bool LineQueue::wait(Taken& taken) {
  const MutexLock lock(mutex_);
  while (lines_.empty() && dropped_ == 0 && !closed_) {
    is_waited_for_ = true;
    changed_.wait(mutex_);
  }
  const bool is_over = lines_.empty() && dropped_ == 0;
  take_all(taken);
  return !is_over;
}

void LineQueue::close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace auth
