// SPDX-License-Identifier: Apache-2.0
// SlowWork: one thread for slow tasks, and a bounded queue in front of it. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace own_api {

class SlowWork {
 public:
  using Task = std::function<void()>;

  explicit SlowWork(std::size_t most = 100) : most_(most) {}
  SlowWork(const SlowWork&) = delete;
  SlowWork& operator=(const SlowWork&) = delete;

  // Returns false if too many tasks wait already. The thread starts with the first task, and so
  // inherits the signal mask of the server's threads: SIGTERM is for the server.
  bool add(Task task) {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() >= most_) return false;
    tasks_.push_back(std::move(task));
    if (!std::exchange(started_, true)) std::thread([this] { work(); }).detach();
    wake_.notify_one();
    return true;
  }

 private:
  [[noreturn]] void work() {
    for (;;) next()();
  }

  Task next() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !tasks_.empty(); });
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool started_ = false;
  std::deque<Task> tasks_;
};

}  // namespace own_api
