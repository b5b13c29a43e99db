// SPDX-License-Identifier: Apache-2.0
// A TCP server on 127.0.0.1 that does on each connection what a test tells it to, right or wrong.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "auth/base/descriptor.h"

namespace support {

class LoopbackServer {
 public:
  // One connection; used by its own thread alone.
  class Connection {
   public:
    explicit Connection(auth::Descriptor socket) : socket_(std::move(socket)) {}

    // The next HTTP request, head and body; empty where the client has gone or the server stops.
    [[nodiscard]] std::string read_request();
    // False: the client has gone.
    bool send(std::string_view bytes);
    // Waits until the client closes, or the server stops.
    void wait_for_end();
    // When the behaviour returns, the connection ends with a reset instead of properly.
    void end_with_reset() const;
    void shut_down() const;

   private:
    auth::Descriptor socket_;
    std::string buffer_{};
  };

  // Called for each connection, on a thread of its own. The connection ends when it returns.
  using Behaviour = std::function<void(Connection&)>;

  explicit LoopbackServer(Behaviour behaviour);
  // The listener: a socket that listens.
  LoopbackServer(Behaviour behaviour, auth::Descriptor listener);
  // Shuts all connections down and waits for their threads.
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::string url(std::string_view path = "/",
                                std::string_view scheme = "http") const;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int connections() const noexcept { return connections_; }

 private:
  void accept_all();

  const Behaviour behaviour_;
  const auth::Descriptor listener_;
  const std::uint16_t port_;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  bool stopping_ = false;
  std::list<Connection*> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// An HTTP answer with its Content-Length.
[[nodiscard]] std::string http_answer(int status, std::string_view body,
                                      std::string_view headers = "");

}  // namespace support
