#include "fcgi/server.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <cstdlib>
#include <limits>
#include <thread>
#include <utility>

#include "auth/log.h"

namespace fcgi {
namespace {

// The largest request has to fit (request_head.h). TCP connections inherit it from the listener.
constexpr int kReceiveBuffer = 512 << 10;

}  // namespace

Server::Server(int listener, unsigned threads, EventLoop::Handler handler)
    : listener_(listener), handler_(std::move(handler)) {
  for (unsigned i = 0; i < threads; ++i) {
    loops_.push_back(std::make_unique<EventLoop>(listener_, handler_, under_way_));
  }
}

bool Server::run() {
  // Where a web server does not read its response, libfcgi would wait two seconds for it to leave.
  static_cast<void>(::setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "1", 1));
  const int flags = ::fcntl(listener_, F_GETFL);
  bool ready =
      FCGX_Init() == 0 && flags >= 0 && ::fcntl(listener_, F_SETFL, flags | O_NONBLOCK) == 0;
  // Thousands of callers may come at once, and lighttpd 1.4.69 garbles the requests for which it
  // finds the backlog full: as much of it as the kernel allows (net.core.somaxconn).
  static_cast<void>(::listen(listener_, std::numeric_limits<int>::max()));
  // Where it is refused, very large requests over TCP time out.
  static_cast<void>(
      ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer));
  for (const auto& loop : loops_) ready = ready && loop->is_open();
  if (!ready) {
    auth::log(auth::LogLevel::kError, "the FastCGI socket on standard input cannot be served");
    return false;
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    threads.emplace_back([loop = loops_[i].get()] { loop->run(kStopTimeout); });
  }
  loops_.front()->run(kStopTimeout);
  for (std::thread& thread : threads) thread.join();
  return true;
}

void Server::stop() noexcept {
  for (const auto& loop : loops_) loop->stop();
}

bool is_fastcgi() { return FCGX_IsCGI() == 0; }

}  // namespace fcgi
