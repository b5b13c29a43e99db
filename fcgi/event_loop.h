// EventLoop: one request thread with the connections it watches.
//
// Connections that wait for something cost no thread: until a whole request has arrived, between
// two requests, and while the rest of an unread body drains away.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "auth/descriptor.h"
#include "auth/mutex.h"
#include "fcgi/exchange.h"
#include "fcgi/request_head.h"

namespace fcgi {

constexpr std::chrono::seconds kHeadTimeout{10};   // from the first look to a whole request
constexpr std::chrono::seconds kIdleTimeout{300};  // between two requests of a kept connection
constexpr std::chrono::seconds kLingerTimeout{2};  // for an unread body
constexpr std::chrono::seconds kSendTimeout{5};    // for a web server that does not read
constexpr std::size_t kMaxWatched = 8192;          // connections of one loop that wait

// One thread runs it; give_back and wake may be called by any.
class EventLoop {
 public:
  using Handler = std::function<void(std::unique_ptr<Exchange>)>;

  // What becomes of a connection whose exchange is over.
  enum class After {
    kReuse,   // the web server keeps it open for another request
    kLinger,  // more of an unread body arrives; closing now would destroy the response on its way
  };

  // listener: a listening socket, not closed here. under_way counts exchanges. The handler must
  // outlive the loop.
  EventLoop(int listener, const Handler& handler, std::atomic<std::size_t>& under_way);
  // Closes what was given back after the end.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // False: no descriptors are left.
  [[nodiscard]] bool is_open() const noexcept { return epoll_.is_open() && wake_.is_open(); }

  // Serves until stop is called and all that was under way is finished, at most stop_timeout after
  // it. Takes nothing new then but what already waits to be accepted.
  void run(std::chrono::milliseconds stop_timeout);

  // Async-signal-safe.
  void stop() noexcept;

  void give_back(int fd, After after);

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Waits { kForRequest, kForNextRequest, kForEnd };
  struct Connection {
    Waits waits;
    Time deadline;
  };
  struct Returned {
    int fd;
    After after;
  };

  static std::chrono::seconds timeout_of(Waits waits);

  // True: more connections may wait.
  bool accept_all();
  void make_room();
  void look(int fd, bool peer_left = false);
  void serve(int fd, RequestHead head);
  void drain(int fd);
  [[nodiscard]] bool watch(int fd, Waits waits);
  [[nodiscard]] bool set_events(int operation, int fd);
  void unwatch(int fd);
  void close_watched(int fd);
  void take_back();
  void sweep(Time now);
  void close_idle();

  const int listener_;
  const Handler& handler_;
  std::atomic<std::size_t>& under_way_;
  auth::Descriptor epoll_;
  auth::Descriptor wake_;  // an eventfd
  std::atomic<bool> stop_requested_{false};

  // The loop's thread's own.
  bool listening_ = true;
  int kept_ = -1;  // given back by the handler before it returned
  Time next_sweep_{};
  std::unordered_map<int, Connection> watched_{};
  std::vector<char> peeked_;

  auth::Mutex mutex_;
  std::vector<Returned> returned_ GUARDED_BY(mutex_);
};

}  // namespace fcgi
