// SPDX-License-Identifier: Apache-2.0
// While it lives, no thread can be started: the system has no room for its stack.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <stdexcept>

namespace support {

class NoThreads {
 public:
  NoThreads() {
    pthread_attr_t attributes;
    bool set = pthread_getattr_default_np(&attributes) == 0 &&
               pthread_attr_getstacksize(&attributes, &usual_) == 0;
    set = set && pthread_attr_setstacksize(&attributes, std::size_t{1} << 47) == 0 &&
          pthread_setattr_default_np(&attributes) == 0;
    if (!set) throw std::runtime_error("the stack of new threads cannot be set");
    static_cast<void>(pthread_attr_destroy(&attributes));
  }
  ~NoThreads() {
    pthread_attr_t attributes;
    static_cast<void>(pthread_attr_init(&attributes));
    static_cast<void>(pthread_attr_setstacksize(&attributes, usual_));
    static_cast<void>(pthread_setattr_default_np(&attributes));
    static_cast<void>(pthread_attr_destroy(&attributes));
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  std::size_t usual_ = 0;
};

}  // namespace support
