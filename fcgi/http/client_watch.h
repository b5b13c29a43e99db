// SPDX-License-Identifier: Apache-2.0
// ClientWatch: to hear of it if a client leaves before it is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace fcgi {

// A request of a connection. Neither number is used twice.
struct RequestId {
  std::uint64_t connection = 0;  // of its loop
  std::uint64_t request = 0;     // of that connection
};

// Whoever notices. Thread-safe.
class Departures {
 public:
  virtual ~Departures() = default;
  // Calls `then` if the peer leaves before it has been answered, or the loop ends: on the thread of
  // the loop, or on this one where that has ended. Perhaps also where the answer was on its way
  // when this was called.
  virtual void when_gone(RequestId request, std::function<void()> then) = 0;
};

// May outlive its exchange, but not its server.
class ClientWatch {
 public:
  // Nobody notices.
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
