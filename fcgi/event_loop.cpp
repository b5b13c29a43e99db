#include "fcgi/event_loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include "auth/log.h"
#include "fcgi/fastcgi_exchange.h"
#include "fcgi/request_head.h"

namespace fcgi {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSweepInterval{1};
constexpr int kAcceptsAtOnce = 64;
constexpr int kBacklogRounds = 128;
constexpr int kDrainsAtOnce = 16;
// EPOLLRDHUP: of a peer that left in the middle of a request nothing more will come.
constexpr std::uint32_t kWatchedEvents = EPOLLIN | EPOLLRDHUP | EPOLLET;
// Set on the thread that runs a loop: a connection given back there needs no wake-up.
thread_local const EventLoop* running = nullptr;

}  // namespace

EventLoop::EventLoop(int listener, const Handler& handler, std::atomic<std::size_t>& under_way)
    : listener_(listener),
      handler_(handler),
      under_way_(under_way),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      peeked_(kMaxRequestBytes) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_.get();
  bool added = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0;
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.fd = listener_;
  added = added && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_, &event) == 0;
  if (!added) epoll_ = auth::Descriptor();
}

EventLoop::~EventLoop() {
  const auth::MutexLock lock(mutex_);
  for (const Returned& each : returned_) static_cast<void>(::close(each.fd));
}

void EventLoop::stop() noexcept {
  stop_requested_.store(true);
  static_cast<void>(::eventfd_write(wake_.get(), 1));
}

void EventLoop::run(std::chrono::milliseconds stop_timeout) {
  running = this;
  bool stopping = false;
  Time stop_by = Time::max();
  std::array<epoll_event, 64> events;
  for (;;) {
    const int wait = stopping ? 10 : watched_.empty() ? -1 : 1000;
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener_) {
        static_cast<void>(accept_all());
      } else if (fd == wake_.get()) {
        eventfd_t ignored = 0;
        static_cast<void>(::eventfd_read(wake_.get(), &ignored));
      } else if (const auto found = watched_.find(fd); found != watched_.end()) {
        const bool left = (events[static_cast<std::size_t>(i)].events & EPOLLRDHUP) != 0;
        found->second.waits == Waits::kForEnd ? drain(fd) : look(fd, left);
      }
    }
    take_back();
    const Time now = Clock::now();
    if (now >= next_sweep_) sweep(now);
    if (stop_requested_.load() && !stopping) {
      stopping = true;
      stop_by = now + stop_timeout;
      // What waits in the backlog was handed over to us alone: a closed socket would reset it.
      for (int i = 0; i < kBacklogRounds && accept_all(); ++i) continue;
      static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_, nullptr));
      listening_ = false;
    }
    if (stopping) {
      close_idle();
      const bool finished = under_way_.load() == 0 && watched_.empty();
      if (finished || now >= stop_by) break;
    }
  }
  while (!watched_.empty()) close_watched(watched_.begin()->first);
  running = nullptr;
}

bool EventLoop::accept_all() {
  if (!listening_) return false;
  // Bounded, so that connections that wait here get their turn.
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      look(fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The kernel looks for a descriptor first, also where nobody waits.
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 0) <= 0) return false;
      make_room();
      return true;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return false;
    }
  }
  return true;
}

// Out of descriptors: the connection that waits longest for its peer has to go.
void EventLoop::make_room() {
  const auto oldest = std::min_element(
      watched_.begin(), watched_.end(),
      [](const auto& a, const auto& b) { return a.second.deadline < b.second.deadline; });
  if (oldest != watched_.end()) {
    close_watched(oldest->first);
    return;
  }
  auth::log(auth::LogLevel::kError, "no descriptor is left for a connection: raise LimitNOFILE");
  // Otherwise the listening socket would keep the loop spinning until requests finish.
  constexpr useconds_t kPause = 10'000;
  static_cast<void>(::usleep(kPause));
}

// Serves the request that waits in the socket, or watches for the rest of it.
void EventLoop::look(int fd, bool peer_left) {
  const ssize_t count = ::recv(fd, peeked_.data(), peeked_.size(), MSG_PEEK | MSG_DONTWAIT);
  const bool would_block = count < 0 && (errno == EAGAIN || errno == EINTR);
  if (count <= 0 && !would_block) return close_watched(fd);
  RequestHead head = look_at({peeked_.data(), would_block ? 0 : static_cast<std::size_t>(count)});
  switch (head.state) {
    case RequestHead::State::kIncomplete:
      if (peer_left) return close_watched(fd);
      if (count > 0 || !watched_.contains(fd)) {
        if (!watch(fd, Waits::kForRequest)) close_watched(fd);
      }
      return;
    case RequestHead::State::kRefused:
      auth::log(auth::LogLevel::kWarn,
                "a FastCGI connection was closed: " + std::string(head.refusal));
      return close_watched(fd);
    case RequestHead::State::kComplete:
    case RequestHead::State::kBodyTooLarge:
      return serve(fd, std::move(head));
  }
}

void EventLoop::serve(int fd, RequestHead head) {
  // Whoever finishes the exchange closes the descriptor, perhaps at once and on another thread.
  unwatch(fd);
  kept_ = -1;
  if (std::unique_ptr<Exchange> exchange =
          FastCgiExchange::read(fd, std::move(head), *this, under_way_)) {
    handler_(std::move(exchange));
  }
  if (kept_ == fd && !watch(fd, Waits::kForNextRequest)) close_watched(fd);
}

void EventLoop::drain(int fd) {
  for (int i = 0; i < kDrainsAtOnce; ++i) {
    const ssize_t count = ::recv(fd, peeked_.data(), peeked_.size(), MSG_DONTWAIT);
    if (count > 0) continue;
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    return close_watched(fd);
  }
  // Edge-triggered: what is left would not be told of again.
  static_cast<void>(set_events(EPOLL_CTL_MOD, fd));
}

std::chrono::seconds EventLoop::timeout_of(Waits waits) {
  switch (waits) {
    case Waits::kForRequest:
      return kHeadTimeout;
    case Waits::kForNextRequest:
      return kIdleTimeout;
    case Waits::kForEnd:
      return kLingerTimeout;
  }
  return kLingerTimeout;
}

bool EventLoop::watch(int fd, Waits waits) {
  const Connection connection{waits, Clock::now() + timeout_of(waits)};
  const auto found = watched_.find(fd);
  if (found != watched_.end()) {
    // The time for a request begins with its first byte, and further bytes do not prolong it.
    if (found->second.waits != waits) found->second = connection;
    return true;
  }
  if (watched_.size() >= kMaxWatched) make_room();
  if (!set_events(EPOLL_CTL_ADD, fd)) return false;
  watched_.emplace(fd, connection);
  return true;
}

bool EventLoop::set_events(int operation, int fd) {
  epoll_event event{};
  event.events = kWatchedEvents;
  event.data.fd = fd;
  return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

void EventLoop::unwatch(int fd) {
  if (watched_.erase(fd) == 0) return;
  static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr));
}

void EventLoop::close_watched(int fd) {
  watched_.erase(fd);
  static_cast<void>(::close(fd));
}

void EventLoop::give_back(int fd, After after) {
  if (running == this && after == After::kReuse) {
    kept_ = fd;
    return;
  }
  {
    const auth::MutexLock lock(mutex_);
    returned_.push_back({fd, after});
  }
  static_cast<void>(::eventfd_write(wake_.get(), 1));
}

void EventLoop::take_back() {
  std::vector<Returned> returned;
  {
    const auth::MutexLock lock(mutex_);
    returned.swap(returned_);
  }
  for (const auto& [fd, after] : returned) {
    const Waits waits = after == After::kReuse ? Waits::kForNextRequest : Waits::kForEnd;
    if (!watch(fd, waits)) close_watched(fd);
  }
}

void EventLoop::sweep(Time now) {
  next_sweep_ = now + kSweepInterval;
  std::vector<int> late;
  for (const auto& [fd, connection] : watched_) {
    if (connection.deadline <= now) late.push_back(fd);
  }
  for (const int fd : late) close_watched(fd);
}

void EventLoop::close_idle() {
  std::vector<int> idle;
  for (const auto& [fd, connection] : watched_) {
    if (connection.waits == Waits::kForNextRequest) idle.push_back(fd);
  }
  for (const int fd : idle) {
    // A request may have arrived since: it was handed over before the web server could know.
    char first = 0;
    const bool silent = ::recv(fd, &first, sizeof first, MSG_PEEK | MSG_DONTWAIT) <= 0;
    silent ? close_watched(fd) : look(fd);
  }
}

}  // namespace fcgi
