#include "fcgi/server.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <limits>
#include <system_error>
#include <thread>
#include <utility>

#include "auth/log.h"

namespace fcgi {
namespace {

// TCP connections inherit these from the listener, those that are made from now on.
void tune(int listener) {
  // The largest request has to fit (request_head.h). Where this is refused, very large ones time
  // out.
  constexpr int kReceiveBuffer = 512 << 10;
  static_cast<void>(
      ::setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer));
  // Without it the end of a long response waits for the web server's delayed acknowledgement. A
  // Unix socket knows no such thing and refuses.
  constexpr int kNoDelay = 1;
  static_cast<void>(::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &kNoDelay, sizeof kNoDelay));
}

}  // namespace

Server::Server(int listener, unsigned threads, EventLoop::Handler handler)
    : listener_(listener), handler_(std::move(handler)) {
  tune(listener);
  for (unsigned i = 0; i < threads; ++i) {
    loops_.push_back(std::make_unique<EventLoop>(listener_, handler_, under_way_));
  }
}

bool Server::run() {
  const int flags = ::fcntl(listener_, F_GETFL);
  bool ready =
      FCGX_Init() == 0 && flags >= 0 && ::fcntl(listener_, F_SETFL, flags | O_NONBLOCK) == 0;
  // Thousands of callers may come at once, and lighttpd 1.4.69 garbles the requests for which it
  // finds the backlog full: as much of it as the kernel allows (net.core.somaxconn).
  static_cast<void>(::listen(listener_, std::numeric_limits<int>::max()));
  for (const auto& loop : loops_) ready = ready && loop->is_open();
  if (!ready) {
    auth::log(auth::LogLevel::kError, "the FastCGI socket on standard input cannot be served");
    return false;
  }
  std::vector<std::thread> threads;
  try {
    for (std::size_t i = 1; i < loops_.size(); ++i) {
      threads.emplace_back([loop = loops_[i].get()] { loop->run(kStopTimeout); });
    }
  } catch (const std::system_error&) {
    auth::log(auth::LogLevel::kError, "the request threads cannot be started");
    ready = false;
    stop();
  }
  if (ready) loops_.front()->run(kStopTimeout);
  for (std::thread& thread : threads) thread.join();
  return ready;
}

void Server::stop() noexcept {
  for (const auto& loop : loops_) loop->stop();
}

bool is_fastcgi() { return FCGX_IsCGI() == 0; }

}  // namespace fcgi
