#include "auth/base/worker_pool.h"

#include <system_error>
#include <utility>

namespace auth {

thread_local const WorkerPool* WorkerPool::pool_of_thread_ = nullptr;

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void WorkerPool::run(Task task) {
  {
    const MutexLock lock(mutex_);
    if (has_threads()) {
      tasks_.push_back(std::move(task));
      task = nullptr;
    }
  }
  task ? task() : wake_.notify_one();
}

bool WorkerPool::has_threads() {
  try {
    while (threads_.size() < size_ && !stopping_) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // Those that could be started have to do; the next task tries again.
  }
  return !threads_.empty() || stopping_;
}

void WorkerPool::work() {
  pool_of_thread_ = this;
  for (;;) {
    Task task;
    {
      const MutexLock lock(mutex_);
      while (tasks_.empty() && !stopping_) wake_.wait(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace auth
