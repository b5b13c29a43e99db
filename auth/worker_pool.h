// WorkerPool: the small pool of threads that runs what must not run on the I/O thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace auth {

// Thread-safe. Threads start with the first task.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  explicit WorkerPool(unsigned threads);
  // Runs what is queued, then ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The queue is as long as its users make it: each of them bounds what it has under way. A task
  // must not throw.
  void run(Task task);

 private:
  void work();

  const unsigned size_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;            // guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace auth
