// SPDX-License-Identifier: Apache-2.0
// ConnectionTable: the connections of a loop, what epoll watches of each and how much is held for
// it, and which of them has to go where there is too much.
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

// All of it on the thread of its loop.
class ConnectionTable {
 public:
  // Numbers are greater than `reserved`. all_held: bytes of all of the server's loops, see
  // ServerOptions::max_held. All must outlive it.
  ConnectionTable(const auth::Descriptor& epoll, LoopTools& tools,
                  std::atomic<std::size_t>& all_held, std::size_t loops, std::uint64_t reserved)
      : epoll_(epoll), tools_(tools), all_held_(all_held), loops_(loops), last_number_(reserved) {}

  // Returns the number of the new connection. Where there are too many, another one has to go.
  [[nodiscard]] std::uint64_t add(auth::Descriptor socket);
  // Null if it has gone. Valid until settle, or what removes connections.
  [[nodiscard]] Connection* find(std::uint64_t number);
  // After something has happened to it: has epoll watch what it waits for, counts what it holds,
  // and removes it if it has ended. REQUIRES: it is there.
  void settle(std::uint64_t number);

  // The connection that waits longest for its peer has to go. Returns false if there is none.
  bool make_room();
  // Those whose peer has been silent for too long have to go.
  void abandon_late();
  // All have to go; who still waits for an answer gets this one.
  void refuse_all(const Response& refusal);

  [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }
  // The numbers of those whose peer is owed nothing.
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
  // The connection that has stood still the longest of those that are meant; the end where none is.
  template <typename IsMeant>
  Entries::iterator stillest(IsMeant is_meant);

  const auth::Descriptor& epoll_;
  LoopTools& tools_;
  std::atomic<std::size_t>& all_held_;
  const std::size_t loops_;
  std::uint64_t last_number_;
  Entries entries_{};
  std::size_t held_ = 0;  // bytes of these
};

}  // namespace fcgi
