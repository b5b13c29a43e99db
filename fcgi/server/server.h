// SPDX-License-Identifier: Apache-2.0
// Server: answers a FastCGI listening socket with a few threads that never wait for anybody.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/quiet_log.h"
#include "fcgi/http/exchange.h"
#include "fcgi/server/event_loop.h"
#include "fcgi/server/server_options.h"

namespace fcgi {

class Server {
 public:
  // listener: a listening socket, Unix or TCP; it is made non-blocking and not closed. handler is
  // called by all request threads. An exchange may outlive it: then it is lost without harm.
  Server(int listener, unsigned threads, Exchange::Handler handler, ServerOptions options = {});

  // Serves until stop is called. Returns false, after an error line in the log, if it cannot start.
  // The thread that calls it is one of the request threads.
  [[nodiscard]] bool run();

  // Makes the server take nothing new and finish what is under way. Any thread; async-signal-safe.
  void stop() noexcept;

  // Time since which the longest busy request thread has been busy. Any thread.
  [[nodiscard]] std::chrono::steady_clock::time_point turned_at() const noexcept;

 private:
  [[nodiscard]] bool prepare();

  const int listener_;
  const Exchange::Handler handler_;
  const ServerOptions options_;
  std::atomic<std::size_t> held_{0};
  const auth::SystemClock clock_{};
  // A peer that goes wrong does so again and again.
  auth::QuietLog log_{std::chrono::minutes(1), clock_};
  std::vector<std::unique_ptr<EventLoop>> loops_{};
};

// Whether standard input is a FastCGI listening socket; otherwise this is a plain CGI process.
[[nodiscard]] bool is_fastcgi();

}  // namespace fcgi
