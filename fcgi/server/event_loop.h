// SPDX-License-Identifier: Apache-2.0
// EventLoop: one request thread with its connections.
//
// A connection that waits needs no thread, whether it waits for bytes of its peer, for an answer of
// ZITADEL, or for a peer that does not read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/quiet_log.h"
#include "fcgi/http/exchange.h"
#include "fcgi/server/connection.h"
#include "fcgi/server/connection_table.h"
#include "fcgi/server/server_options.h"

namespace fcgi {

// One thread runs it; any thread may call stop.
class EventLoop {
 public:
  using Handler = Exchange::Handler;

  // Shared by the loops of a server. All must outlive the loops.
  struct Shared {
    int listener;  // a listening socket, non-blocking, not closed here
    const Handler& handler;
    const ServerOptions& options;
    std::size_t loops;
    std::atomic<std::size_t>& held;  // bytes, see ServerOptions::max_held
    auth::QuietLog& log;
  };

  explicit EventLoop(const Shared& shared);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // False if no descriptors are left.
  [[nodiscard]] bool is_open() const noexcept;

  // Serves until stop is called and all that was under way is answered and sent, at most
  // ServerOptions::stop after the call; requests that then still wait for an answer get a 503.
  // After the call it takes nothing new but connections that already wait to be accepted.
  void run();

  // Async-signal-safe.
  void stop() noexcept;

  // Time at which it last checked for work. Any thread.
  [[nodiscard]] Connection::Time turned_at() const noexcept { return turned_at_.load(); }

 private:
  using Time = Connection::Time;

  void wait();
  void handle(std::uint64_t number, std::uint32_t events);

  // Returns true if more connections may wait.
  bool accept_some();
  void add(auth::Descriptor socket);
  void make_room_for_descriptor();

  void go_on(std::uint64_t number);
  void serve(Connection& connection);
  void deliver();

  void sweep();
  void begin_to_stop();
  void close_idle();
  // Whether a connection that nothing is owed to is left open for the moment, see ServerOptions.
  [[nodiscard]] bool waits_a_little(const Connection& connection) const;

  const Shared shared_;
  auth::Descriptor epoll_;
  auth::Descriptor timer_;  // ticks once per ServerOptions::sweep
  std::atomic<bool> stop_requested_{false};
  std::atomic<Time> turned_at_{Time::clock::now()};

  LoopTools tools_;
  bool stopping_ = false;
  Time stop_by_ = Time::max();
  ConnectionTable connections_;
  std::vector<std::uint64_t> to_go_on_{};  // connections that got a message
  std::vector<Inbox::Message> messages_{};
};

}  // namespace fcgi
