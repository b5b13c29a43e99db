// Resolver: from a host's name to its addresses, within a deadline.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "auth/base/mutex.h"

namespace auth::redis {

using Deadline = std::chrono::steady_clock::time_point;

struct SocketAddress {
  sockaddr_storage bytes;
  socklen_t size;
};

// Thread-safe. The system's resolver knows no deadline, so it runs on a thread of its own; one that
// takes longer is not waited for, and what it finds serves the next call.
class Resolver {
 public:
  Resolver(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}

  // At least one address, or what is wrong in words. An address in figures takes no time.
  [[nodiscard]] std::variant<std::vector<SocketAddress>, std::string> resolve(Deadline deadline);

 private:
  struct Lookup;
  // The one under way, or a new one. Null where no thread can be had.
  [[nodiscard]] std::shared_ptr<Lookup> look_up();
  void forget(const std::shared_ptr<Lookup>& lookup);

  const std::string host_;
  const std::uint16_t port_;
  Mutex mutex_;
  std::shared_ptr<Lookup> lookup_ GUARDED_BY(mutex_);  // under way
};

}  // namespace auth::redis
