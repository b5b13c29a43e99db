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
#include <unordered_map>
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

// Knows which sockets libcurl has. libcurl reports that it closes a socket only once that is
// connected: the sockets of a failed or lost attempt to connect (up to libcurl 7.88 at least) are
// closed without a word. So each is noted with the transfer that opened it, until that transfer has
// a connection or has ended.
//
// Used by the I/O thread alone.
class CurlDescriptors {
 public:
  // Keeps that many descriptors back. Those that open() has given count as well.
  void keep_back(std::size_t count) {
    count_ = count;
    settle(given_.size());
  }

  // Returns a socket for a transfer that connects. If there is none, sets lacks to whether no
  // descriptor was left.
  [[nodiscard]] Descriptor open(int family, int type, int protocol, const void* transfer,
                                bool& lacks) {
    settle(given_.size() + 1);
    Descriptor socket(::socket(family, type | SOCK_CLOEXEC, protocol));
    if (socket.is_open()) {
      given_[socket.get()] = transfer;
      return socket;
    }
    lacks = errno == EMFILE || errno == ENFILE;
    settle(given_.size());
    return socket;
  }
  // Notes that a socket which open() gave has been closed.
  void closed(int socket) {
    given_.erase(socket);
    settle(given_.size());
  }
  // Notes that the transfer is connected by this socket; its other attempts are closed.
  void connected(const void* transfer, int socket) {
    const auto found = given_.find(socket);
    if (found != given_.end() && found->second == transfer) found->second = nullptr;
    ended(transfer);
  }
  // Notes that the transfer has ended: its attempts to connect are closed.
  void ended(const void* transfer) {
    std::erase_if(given_, [transfer](const auto& each) { return each.second == transfer; });
    settle(given_.size());
  }
  // Whether it is a socket of an attempt to connect, which may be closed already.
  [[nodiscard]] bool is_attempt(int socket) const {
    const auto found = given_.find(socket);
    return found != given_.end() && found->second != nullptr;
  }

  [[nodiscard]] static bool is_none_left() noexcept {
    const Descriptor other(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return !other.is_open() && (errno == EMFILE || errno == ENFILE);
  }

 private:
  // given: the number of sockets that libcurl has.
  void settle(std::size_t given) {
    const std::size_t wanted = count_ - std::min(count_, given);
    while (kept_.size() > wanted) kept_.pop_back();
    while (kept_.size() < wanted) {
      Descriptor another(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (!another.is_open()) return;
      kept_.push_back(std::move(another));
    }
  }

  std::size_t count_ = 0;
  std::unordered_map<int, const void*> given_{};  // socket → its transfer; null: connected
  std::vector<Descriptor> kept_{};
};

}  // namespace auth
