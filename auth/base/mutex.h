// SPDX-License-Identifier: Apache-2.0
// A mutex that Clang's thread-safety analysis understands (on a bare std::mutex it warns falsely).
#pragma once

#include <mutex>

#if defined(__clang__)
#define AUTH_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define AUTH_THREAD_ANNOTATION(x)
#endif

#define GUARDED_BY(mutex) AUTH_THREAD_ANNOTATION(guarded_by(mutex))
#define REQUIRES_LOCK(mutex) AUTH_THREAD_ANNOTATION(requires_capability(mutex))

namespace auth {

class AUTH_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() AUTH_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() AUTH_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class AUTH_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) AUTH_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() AUTH_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace auth
