// SPDX-License-Identifier: Apache-2.0
// Waiting for something that another thread does, with an end. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace support {

// Far longer than anything here takes, so that a slow machine fails nothing.
constexpr std::chrono::seconds kPatience{20};

// A number that only grows.
class Counter {
 public:
  void add() {
    // Told under the lock: whoever waits may destroy this as soon as it knows.
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  // False: the number was not reached in time.
  [[nodiscard]] bool reaches(int count, std::chrono::milliseconds patience = kPatience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return count_ >= count; });
  }
  [[nodiscard]] int count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

// Holds threads up until it is opened.
class Gate {
 public:
  void open() { opened_.add(); }
  // False: it was not opened in time.
  [[nodiscard]] bool pass() { return opened_.reaches(1); }

 private:
  Counter opened_;
};

}  // namespace support
