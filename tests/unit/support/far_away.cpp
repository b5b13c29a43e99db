// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/far_away.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <stdexcept>
#include <utility>
#include <vector>

namespace support {
namespace {

using auth::Descriptor;
using Clock = std::chrono::steady_clock;

struct Piece {
  Clock::time_point arrives;
  std::string bytes;
};

// One direction of a connection.
struct Way {
  int from, to;
  std::deque<Piece> pieces{};
};

struct Pair {
  Descriptor near, far;
  Way there{near.get(), far.get()};
  Way back{far.get(), near.get()};
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void at_once(const Descriptor& socket) {
  const int on = 1;
  static_cast<void>(::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

// Returns false at the end of the connection.
bool take(Way& way, short events, std::chrono::milliseconds one_way) {
  if (events == 0) return true;
  std::array<char, 16 << 10> bytes;
  const ssize_t count = ::recv(way.from, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  way.pieces.push_back({Clock::now() + one_way, {bytes.data(), static_cast<std::size_t>(count)}});
  return true;
}

void bring(Way& way) {
  while (!way.pieces.empty() && way.pieces.front().arrives <= Clock::now()) {
    const std::string& bytes = way.pieces.front().bytes;
    static_cast<void>(::send(way.to, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    way.pieces.pop_front();
  }
}

int milliseconds_to_next(const std::list<Pair>& pairs) {
  auto next = Clock::time_point::max();
  for (const Pair& pair : pairs) {
    for (const Way* way : {&pair.there, &pair.back}) {
      if (!way->pieces.empty()) next = std::min(next, way->pieces.front().arrives);
    }
  }
  if (next == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  return static_cast<int>(std::max<long>(left, 0));
}

}  // namespace

FarAway::FarAway(std::uint16_t to, std::chrono::milliseconds way_back)
    : to_(to),
      one_way_(way_back / 2),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 100) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("there is no free port");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FarAway::~FarAway() {
  static_cast<void>(::eventfd_write(stop_.get(), 1));
  thread_.join();
}

void FarAway::run() {
  std::list<Pair> pairs;
  for (;;) {
    std::vector<pollfd> waited{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Pair& pair : pairs) {
      waited.push_back({pair.near.get(), POLLIN, 0});
      waited.push_back({pair.far.get(), POLLIN, 0});
    }
    if (::poll(waited.data(), waited.size(), milliseconds_to_next(pairs)) < 0) continue;
    if (waited[0].revents != 0) return;
    std::size_t next = 2;
    for (auto pair = pairs.begin(); pair != pairs.end();) {
      const short near = waited[next++].revents;
      const short far = waited[next++].revents;
      const bool open = take(pair->there, near, one_way_) && take(pair->back, far, one_way_);
      bring(pair->there);
      bring(pair->back);
      pair = open ? std::next(pair) : pairs.erase(pair);
    }
    if (waited[1].revents == 0) continue;
    Descriptor near(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    Descriptor far(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(to_);
    if (::connect(far.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      continue;
    }
    at_once(near);
    at_once(far);
    pairs.push_back({std::move(near), std::move(far)});
  }
}

}  // namespace support
