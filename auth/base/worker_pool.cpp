// SPDX-License-Identifier: Apache-2.0
#include "auth/base/worker_pool.h"

#include <system_error>
#include <utility>

#include "auth/base/log_section.h"

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

// Wakes all threads: a single one may be busy when the task is due.
void WorkerPool::run_later(std::chrono::milliseconds delay, Task task) {
  {
    const MutexLock lock(mutex_);
    if (!has_threads()) return;
    later_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
  }
  wake_.notify_all();
}

bool WorkerPool::has_threads() {
  try {
    while (threads_.size() < size_ && !stopping_)
      threads_.push_back(LogSection::start([this] { work(); }));
  } catch (const std::system_error&) {
    // The threads that could be started must be enough; the next task tries again.
  }
  return !threads_.empty() || stopping_;
}

void WorkerPool::work() {
  pool_of_thread_ = this;
  for (;;) {
    Task task;
    {
      const MutexLock lock(mutex_);
      task = next();
    }
    if (!task) return;
    task();
  }
}

// A task of run_later goes first when it is due: it has waited.
WorkerPool::Task WorkerPool::next() {
  for (;;) {
    const auto due = later_.begin();
    if (due != later_.end() && !stopping_ && due->first <= std::chrono::steady_clock::now()) {
      Task task = std::move(due->second);
      later_.erase(due);
      return task;
    }
    if (!tasks_.empty()) break;
    if (stopping_) return nullptr;
    if (due == later_.end()) {
      wake_.wait(mutex_);
    } else {
      const auto time = due->first;  // another thread may take it meanwhile
      wake_.wait_until(mutex_, time);
    }
  }
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

}  // namespace auth
