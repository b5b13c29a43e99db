// WorkerPool: the small pool of threads that runs what must not run on the I/O thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "auth/base/mutex.h"

namespace auth {

// Thread-safe. Threads start with the first task. With none, a task runs before run returns.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  explicit WorkerPool(unsigned threads) : size_(threads) {}
  // Runs what is queued, then ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The queue is as long as its users make it: each of them bounds what it has under way. A task
  // must not throw. Where the system gives no thread at all, it runs before this returns.
  void run(Task task);

  // Whether the calling thread is one of the pool's: what it has to do next it may do itself.
  [[nodiscard]] bool is_here() const noexcept { return pool_of_thread_ == this; }

 private:
  void work();
  // Starts what is missing. True: somebody will run what is queued.
  [[nodiscard]] bool has_threads() REQUIRES_LOCK(mutex_);

  static thread_local const WorkerPool* pool_of_thread_;

  const unsigned size_;
  Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> tasks_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace auth
