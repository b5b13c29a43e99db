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

  // Runs the task soon. The queue has no maximum length: each of its users limits the number of its
  // own tasks. A task must not throw.
  virtual void run(Task task) = 0;
  // Runs the task after the delay; never, if there are no workers any more then.
  virtual void run_later(std::chrono::milliseconds delay, Task task) = 0;

  // Returns whether the calling thread is a worker: it may then do its next task itself.
  [[nodiscard]] virtual bool is_here() const noexcept = 0;
};

// The first task starts the threads. If there are none, a task runs before run returns.
class WorkerPool final : public Workers {
 public:
  explicit WorkerPool(unsigned threads) : size_(threads) {}
  // Runs the queued tasks, then ends. Tasks of run_later that are not due are dropped.
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // If the system gives no thread at all, the task runs before this returns.
  void run(Task task) override;
  // If there is no thread at all, the task is dropped.
  void run_later(std::chrono::milliseconds delay, Task task) override;
  [[nodiscard]] bool is_here() const noexcept override { return pool_of_thread_ == this; }

 private:
  void work();
  // Starts the missing threads. Returns whether somebody will run the queued tasks.
  [[nodiscard]] bool has_threads() REQUIRES_LOCK(mutex_);
  // Waits for the next task and returns it; empty if the pool ends.
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
