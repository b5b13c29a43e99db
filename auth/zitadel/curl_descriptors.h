// SPDX-License-Identifier: Apache-2.0
// CurlDescriptors: keeps some of the process's descriptors back for connections to servers.
//
// Each caller that waits for an answer holds a descriptor. If callers held all of them, no question
// could be asked.
#pragma once

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"

namespace auth {

constexpr std::size_t kKeptBack = 64;  // by all clients of the process together

// Returns the share of one of so many clients in a quarter of this process's descriptors.
[[nodiscard]] inline std::size_t share_of_descriptors(std::size_t clients) noexcept {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return kKeptBack;
  return static_cast<std::size_t>(std::max<rlim_t>(1, files.rlim_cur / 4 / clients));
}

// Used by the I/O thread alone.
class CurlDescriptors {
 public:
  // Keeps that many descriptors back. Those that open() has given count as well.
  void keep_back(std::size_t count) {
    count_ = count;
    settle();
  }

  // Returns a socket. If there is none, sets lacks to whether no descriptor was left.
  [[nodiscard]] Descriptor open(int family, int type, int protocol, bool& lacks) {
    ++given_;
    settle();
    Descriptor socket(::socket(family, type | SOCK_CLOEXEC, protocol));
    if (socket.is_open()) return socket;
    lacks = errno == EMFILE || errno == ENFILE;
    closed();
    return socket;
  }
  // Notes that a socket which open() gave has been closed.
  void closed() {
    --given_;
    settle();
  }

  [[nodiscard]] static bool is_none_left() noexcept {
    const Descriptor other(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return !other.is_open() && (errno == EMFILE || errno == ENFILE);
  }

 private:
  void settle() {
    const std::size_t wanted = count_ - std::min(count_, given_);
    while (kept_.size() > wanted) kept_.pop_back();
    while (kept_.size() < wanted) {
      Descriptor another(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (!another.is_open()) return;
      kept_.push_back(std::move(another));
    }
  }

  std::size_t count_ = 0;
  std::size_t given_ = 0;
  std::vector<Descriptor> kept_{};
};

}  // namespace auth
