// SPDX-License-Identifier: Apache-2.0
// ConnectionTable: the connections of a loop, with the events that epoll watches and the bytes that
// are held for each. If there is too much, it decides which of them is closed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"
#include "fcgi/http/response.h"
#include "fcgi/server/connection.h"

namespace fcgi {

// Used only on the thread of its loop.
class ConnectionTable {
 public:
  // Numbers are greater than `reserved`. all_held: bytes held by all loops of the server, see
  // ServerOptions::max_held. All must outlive it.
  ConnectionTable(const auth::Descriptor& epoll, LoopTools& tools,
                  std::atomic<std::size_t>& all_held, std::size_t loops, std::uint64_t reserved)
      : epoll_(epoll), tools_(tools), all_held_(all_held), loops_(loops), last_number_(reserved) {}

  // Adds a connection and returns its number. If there are too many, another one is closed.
  [[nodiscard]] std::uint64_t add(auth::Descriptor socket);
  // Returns the connection; null if it has gone. Valid until a call of settle, or of another
  // function that removes connections.
  [[nodiscard]] Connection* find(std::uint64_t number);
  // Call it after something has happened to the connection: makes epoll watch what the connection
  // waits for, counts what it holds, and removes it if it has ended. REQUIRES: it is there.
  void settle(std::uint64_t number);

  // Closes the connection that has waited longest for its peer. Returns false if there is none.
  bool make_room();
  // Closes the connections whose peer has been silent for too long.
  void abandon_late();
  // Closes all connections; those that still wait for an answer get this one.
  void refuse_all(const Response& refusal);

  [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }
  // Returns the numbers of the connections whose peer is owed nothing.
  [[nodiscard]] std::vector<std::uint64_t> answered() const;

 private:
  static constexpr std::uint32_t kNotWatched = ~0U;
  struct Entry {
    Entry(std::uint64_t number, auth::Descriptor socket, LoopTools& tools)
        : connection(number, std::move(socket), tools) {}

    Connection connection;
    std::uint32_t watched = kNotWatched;  // events that epoll was asked for
    std::size_t held = 0;                 // bytes, as counted last
  };
  using Entries = std::unordered_map<std::uint64_t, Entry>;

  [[nodiscard]] bool watch(Entries::iterator entry);
  void count_held(Entry& entry, std::size_t held);
  void shed();
  void abandon(Entries::iterator entry);
  void remove(Entries::iterator entry);
  // Returns the connection that has been still the longest among those that is_meant accepts; the
  // end if there is none.
  template <typename IsMeant>
  Entries::iterator stillest(IsMeant is_meant);

  const auth::Descriptor& epoll_;
  LoopTools& tools_;
  std::atomic<std::size_t>& all_held_;
  const std::size_t loops_;
  std::uint64_t last_number_;
  Entries entries_{};
  std::size_t held_ = 0;  // bytes held by these
};

}  // namespace fcgi
