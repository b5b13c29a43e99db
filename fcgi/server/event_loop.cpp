// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/event_loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>

namespace fcgi {
namespace {

using Clock = std::chrono::steady_clock;
using State = Connection::State;

// The numbers of these in epoll; connections have greater numbers.
enum Number : std::uint64_t { kListener, kInbox, kTimer, kLastReserved };

constexpr int kAcceptsAtOnce = 64;
constexpr int kBacklogRounds = 128;
constexpr int kStoppingWait = 10;  // milliseconds

// Makes a timer that ticks again and again. Unlike a timeout, it adds no cost to each wait.
auth::Descriptor timer_of(std::chrono::milliseconds interval) {
  auth::Descriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(interval);
  const timespec each{whole.count(), std::chrono::nanoseconds(interval - whole).count()};
  const itimerspec times{each, each};
  if (::timerfd_settime(timer.get(), 0, &times, nullptr) != 0) return auth::Descriptor();
  return timer;
}

bool add_to(const auth::Descriptor& epoll, int fd, std::uint32_t events, std::uint64_t number) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = number;
  return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

EventLoop::EventLoop(const Shared& shared)
    : shared_(shared),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(timer_of(shared.options.sweep)),
      tools_(shared.options, shared.log),
      connections_(epoll_, tools_, shared.held, shared.loops, kLastReserved) {
  const bool added = add_to(epoll_, tools_.inbox->descriptor(), EPOLLIN, kInbox) &&
                     add_to(epoll_, timer_.get(), EPOLLIN, kTimer) &&
                     add_to(epoll_, shared_.listener, EPOLLIN | EPOLLEXCLUSIVE, kListener);
  if (!added) epoll_ = auth::Descriptor();
}

bool EventLoop::is_open() const noexcept {
  return epoll_.is_open() && tools_.inbox->is_open() && tools_.codec.is_open();
}

void EventLoop::stop() noexcept {
  stop_requested_.store(true);
  tools_.inbox->wake();
}

void EventLoop::run() {
  tools_.inbox->adopt();
  tools_.now = Clock::now();
  while (!stopping_ || (!connections_.is_empty() && tools_.now < stop_by_)) {
    wait();
    if (stop_requested_.load() && !stopping_) begin_to_stop();
    if (stopping_) close_idle();
    // A connection that was removed may have caused a message.
    go_on(0);
  }
  connections_.refuse_all(error_response(503, "temporarily_unavailable", "The API is stopping."));
  tools_.inbox->close();
}

void EventLoop::wait() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 stopping_ ? kStoppingWait : -1);
  tools_.now = Clock::now();
  turned_at_.store(tools_.now, std::memory_order_relaxed);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    handle(event.data.u64, event.events);
  }
}

void EventLoop::handle(std::uint64_t number, std::uint32_t events) {
  if (number == kListener) {
    static_cast<void>(accept_some());
  } else if (number == kInbox) {
    tools_.inbox->forget_wake();
    go_on(0);
  } else if (number == kTimer) {
    sweep();
  } else if (Connection* const connection = connections_.find(number)) {
    connection->handle(events);
    go_on(number);
  }
}

bool EventLoop::accept_some() {
  // Bounded, so that connections that wait here get their turn.
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    constexpr int kFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    auth::Descriptor socket(::accept4(shared_.listener, nullptr, nullptr, kFlags));
    if (socket.is_open()) {
      add(std::move(socket));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The kernel looks for a free descriptor first, even if no connection waits.
      pollfd waiting{shared_.listener, POLLIN, 0};
      if (::poll(&waiting, 1, 0) <= 0) return false;
      make_room_for_descriptor();
      return true;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return false;
    }
  }
  return true;
}

void EventLoop::add(auth::Descriptor socket) {
  const std::uint64_t number = connections_.add(std::move(socket));
  // Usually a whole request has come, and is answered before epoll has to know of it.
  connections_.find(number)->receive();
  go_on(number);
}

void EventLoop::make_room_for_descriptor() {
  if (connections_.make_room()) return;
  constexpr auto kNone = "no descriptor is left for a connection: raise LimitNOFILE";
  shared_.log.add(auth::LogLevel::kError, kNone, kNone);
  // Otherwise the listening socket would keep the loop spinning until requests finish.
  constexpr useconds_t kPause = 10'000;
  static_cast<void>(::usleep(kPause));
}

// Repeats until no connection can go on: a handler may answer at once, and so may others meanwhile.
void EventLoop::go_on(std::uint64_t number) {
  to_go_on_.push_back(number);
  while (!to_go_on_.empty()) {
    const std::uint64_t next = to_go_on_.back();
    to_go_on_.pop_back();
    if (Connection* const connection = connections_.find(next)) {
      serve(*connection);
      connections_.settle(next);
    }
    deliver();
  }
}

void EventLoop::serve(Connection& connection) {
  for (;;) {
    if (std::unique_ptr<Exchange> exchange = connection.take_exchange()) {
      shared_.handler(std::move(exchange));
    } else if (const std::function<void()> waiter = connection.take_waiter()) {
      waiter();
    } else {
      return;
    }
    deliver();
  }
}

void EventLoop::deliver() {
  tools_.inbox->take(messages_);
  for (Inbox::Message& message : messages_) {
    Connection* const connection = connections_.find(message.request.connection);
    if (connection == nullptr) {
      if (message.when_gone) message.when_gone();
      continue;
    }
    connection->take(message);
    to_go_on_.push_back(message.request.connection);
  }
}

void EventLoop::sweep() {
  std::uint64_t ticks = 0;
  static_cast<void>(!::read(timer_.get(), &ticks, sizeof ticks));
  connections_.abandon_late();
  // If several processes share a socket, the kernel wakes one of them for a connection, even one
  // that is stopped, or is killed before it accepts: then no other process is woken.
  if (!stopping_) static_cast<void>(accept_some());
}

void EventLoop::begin_to_stop() {
  // Connections in the backlog were handed to this process alone: closing the socket would reset
  // them.
  for (int i = 0; i < kBacklogRounds && accept_some(); ++i) continue;
  static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, shared_.listener, nullptr));
  stopping_ = true;
  stop_by_ = tools_.now + shared_.options.stop;
}

void EventLoop::close_idle() {
  for (const std::uint64_t number : connections_.answered()) {
    Connection* const connection = connections_.find(number);
    if (connection == nullptr) continue;
    connection->receive();
    // This is usually right after an answer, before the web server can have begun another request.
    if (connection->is_answered() && !waits_a_little(*connection)) {
      connection->close_if_nothing_came();
    }
    go_on(number);
  }
}

bool EventLoop::waits_a_little(const Connection& connection) const {
  const ServerOptions& options = shared_.options;
  const Time asked_to_stop = stop_by_ - options.stop;
  if (connection.state() == State::kDraining) {
    return tools_.now - connection.moved_at() < options.stop_silence;
  }
  return connection.moved_at() <= asked_to_stop && tools_.now - asked_to_stop < options.stop_idle;
}

}  // namespace fcgi
