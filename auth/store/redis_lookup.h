// SPDX-License-Identifier: Apache-2.0
// Lookup: finds the addresses of a host's name, on a thread of its own.
#pragma once

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "auth/base/mutex.h"
#include "auth/base/result.h"

namespace auth::redis {

// At least one address in figures, as "127.0.0.1" or "::1"; or what is wrong.
using Addresses = Result<std::vector<std::string>, Mistake>;

// Returns whether the host is an address in figures, for which nobody has to be asked.
[[nodiscard]] bool is_address(const std::string& host);

// Used by one thread. The system's resolver cannot be interrupted; so each name server is asked
// once, for a second, and the destructor waits no longer than that.
class Lookup {
 public:
  // Begins the lookup. wake: an eventfd that is written to when there is a result; it must outlive
  // this. Throws std::system_error if no thread can be had.
  Lookup(std::string host, int wake);
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() { thread_.join(); }

  // Returns nullopt if there is no result yet.
  [[nodiscard]] std::optional<Addresses> result();

 private:
  void run(const std::string& host, int wake);

  Mutex mutex_;
  std::optional<Addresses> result_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace auth::redis
