// SPDX-License-Identifier: Apache-2.0
// ClientWatch: reports if a client leaves before it is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace fcgi {

// A request of a connection. Neither number is used twice.
struct RequestId {
  std::uint64_t connection = 0;  // number in its loop
  std::uint64_t request = 0;     // number in that connection
};

// Reports clients that leave. Thread-safe.
class Departures {
 public:
  virtual ~Departures() = default;
  // Calls `then` if the peer leaves before it has been answered, or the loop ends: on the thread of
  // the loop, or on this one if the loop has ended. May also call it if the answer was on its way
  // when this was called.
  virtual void when_gone(RequestId request, std::function<void()> then) = 0;
};

// May outlive its exchange, but not its server.
class ClientWatch {
 public:
  // Never reports anything.
  ClientWatch() = default;
  ClientWatch(Departures& departures, RequestId request)
      : departures_(&departures), request_(request) {}

  void when_gone(std::function<void()> then) const {
    if (departures_ != nullptr) departures_->when_gone(request_, std::move(then));
  }

 private:
  Departures* departures_ = nullptr;
  RequestId request_{};
};

}  // namespace fcgi
