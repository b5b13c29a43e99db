// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/server.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>

#include "auth/base/log.h"

namespace fcgi {
namespace {

// Without it the end of a long response waits for the web server's delayed acknowledgement. TCP
// connections inherit it from the listener; a Unix socket knows no such thing and refuses.
void send_without_delay(int listener) {
  constexpr int kNoDelay = 1;
  static_cast<void>(::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &kNoDelay, sizeof kNoDelay));
}

}  // namespace

Server::Server(int listener, unsigned threads, Exchange::Handler handler, ServerOptions options)
    : listener_(listener), handler_(std::move(handler)), options_(options) {
  send_without_delay(listener);
  for (unsigned i = 0; i < threads; ++i) {
    loops_.push_back(std::make_unique<EventLoop>(
        EventLoop::Shared{listener_, handler_, options_, threads, held_, log_}));
  }
}

bool Server::prepare() {
  const int flags = ::fcntl(listener_, F_GETFL);
  bool ready =
      FCGX_Init() == 0 && flags >= 0 && ::fcntl(listener_, F_SETFL, flags | O_NONBLOCK) == 0;
  // Thousands of callers may come at once, and lighttpd 1.4.69 garbles the requests for which it
  // finds the backlog full. So the backlog is as large as the kernel allows (net.core.somaxconn).
  static_cast<void>(::listen(listener_, std::numeric_limits<int>::max()));
  for (const auto& loop : loops_) ready = ready && loop->is_open();
  if (!ready) {
    auth::log_failed_start("the FastCGI socket on standard input cannot be served");
  }
  return ready;
}

bool Server::run() {
  bool ready = prepare();
  if (!ready) return false;
  std::vector<std::thread> threads;
  try {
    for (std::size_t i = 1; i < loops_.size(); ++i) {
      threads.emplace_back([loop = loops_[i].get()] { loop->run(); });
    }
  } catch (const std::system_error&) {
    auth::log_failed_start("the request threads cannot be started");
    ready = false;
    stop();
  }
  if (ready) loops_.front()->run();
  for (std::thread& thread : threads) thread.join();
  return ready;
}

void Server::stop() noexcept {
  for (const auto& loop : loops_) loop->stop();
}

std::chrono::steady_clock::time_point Server::turned_at() const noexcept {
  auto oldest = std::chrono::steady_clock::time_point::max();
  for (const auto& loop : loops_) oldest = std::min(oldest, loop->turned_at());
  return oldest;
}

bool is_fastcgi() { return FCGX_IsCGI() == 0; }

}  // namespace fcgi
