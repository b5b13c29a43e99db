// SPDX-License-Identifier: Apache-2.0
// WorkerPool: the small pool of threads that runs what must not run on the I/O thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "auth/base/mutex.h"

namespace auth {

// Runs tasks. Thread-safe.
class Workers {
 public:
  using Task = std::function<void()>;

  virtual ~Workers() = default;

  // The queue is as long as its users make it: each of them bounds what it has under way. A task
  // must not throw.
  virtual void run(Task task) = 0;
  // The same, when so much time has passed; never where there are no workers any more then.
  virtual void run_later(std::chrono::milliseconds delay, Task task) = 0;

  // Whether the calling thread is one of them: what it has to do next it may do itself.
  [[nodiscard]] virtual bool is_here() const noexcept = 0;
};

// Threads start with the first task. With none, a task runs before run returns.
class WorkerPool final : public Workers {
 public:
  explicit WorkerPool(unsigned threads) : size_(threads) {}
  // Runs what is queued, then ends. What was for later is dropped.
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // If the system gives no thread at all, the task runs before this returns.
  void run(Task task) override;
  // If there is no thread at all, it is dropped.
  void run_later(std::chrono::milliseconds delay, Task task) override;
  [[nodiscard]] bool is_here() const noexcept override { return pool_of_thread_ == this; }

 private:
  void work();
  // Starts what is missing. True: somebody will run what is queued.
  [[nodiscard]] bool has_threads() REQUIRES_LOCK(mutex_);
  // Waits for the next task. Empty: the pool ends.
  [[nodiscard]] Task next() REQUIRES_LOCK(mutex_);

  static thread_local const WorkerPool* pool_of_thread_;

  const unsigned size_;
  Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> tasks_ GUARDED_BY(mutex_);
  std::multimap<std::chrono::steady_clock::time_point, Task> later_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace auth
