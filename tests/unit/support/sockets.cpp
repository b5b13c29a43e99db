// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace support {
namespace {

using auth::Descriptor;
using Deadline = std::chrono::steady_clock::time_point;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::invalid_argument("path too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

template <typename Address>
Descriptor listen_on(int family, const Address& address, int backlog) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      (backlog >= 0 && ::listen(socket.get(), backlog) != 0)) {
    fail("listen");
  }
  return socket;
}

template <typename Address>
Descriptor connect_to(int family, const Address& address) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open() ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
  return socket;
}

bool wait_for(const Descriptor& socket, short events, Deadline deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd entry{socket.get(), events, 0};
    const int ready = ::poll(&entry, 1, std::max(0, static_cast<int>(left.count())));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Descriptor listen_on_tcp(int backlog) { return listen_on(AF_INET, loopback(0), backlog); }

Descriptor listen_on_tcp_at(const std::string& address, std::uint16_t port) {
  sockaddr_in there = loopback(port);
  if (::inet_pton(AF_INET, address.c_str(), &there.sin_addr) != 1) fail("inet_pton");
  return listen_on(AF_INET, there, 1024);
}

Descriptor listen_on_unix(const std::string& path, int backlog) {
  return listen_on(AF_UNIX, unix_address(path), backlog);
}

std::uint16_t port_of(const Descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("getsockname");
  }
  return ntohs(address.sin_port);
}

Descriptor connect_to_tcp(std::uint16_t port) { return connect_to(AF_INET, loopback(port)); }

Descriptor connect_to_unix(const std::string& path) {
  return connect_to(AF_UNIX, unix_address(path));
}

Descriptor new_unix_socket() {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) fail("socket");
  return socket;
}

void connect_to_unix(const Descriptor& socket, const std::string& path) {
  const sockaddr_un address = unix_address(path);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
}

bool send_all(const Descriptor& socket, std::string_view bytes,
              std::chrono::milliseconds patience) {
  const Deadline deadline = std::chrono::steady_clock::now() + patience;
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && (errno != EAGAIN || !wait_for(socket, POLLOUT, deadline))) {
      return false;
    }
  }
  return true;
}

std::string receive(const Descriptor& socket, std::size_t most,
                    std::chrono::milliseconds patience) {
  if (!wait_for(socket, POLLIN, std::chrono::steady_clock::now() + patience)) return {};
  std::string bytes(most, '\0');
  const ssize_t count = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

bool is_closed(const Descriptor& socket, std::chrono::milliseconds patience) {
  const Deadline deadline = std::chrono::steady_clock::now() + patience;
  char piece[4096];
  while (wait_for(socket, POLLIN, deadline)) {
    const ssize_t count = ::recv(socket.get(), piece, sizeof piece, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return true;
  }
  return false;
}

void prepare_reset(const Descriptor& socket) {
  const linger abort{1, 0};
  static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort));
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count - 1;  // without the one that reads the folder
}

bool descriptors_come_down_to(std::size_t count) {
  const Deadline deadline = std::chrono::steady_clock::now() + kPatience;
  while (open_descriptors() > count) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace support
