// SPDX-License-Identifier: Apache-2.0
// AnswerFlow: takes an answer that an endpoint writes in pieces to the connection.
//
// It has two ends. The endpoint writes into a buffer of AnswerStream::kRoom bytes and never waits
// for the peer; the connection takes out all that is in it whenever it has sent what it took
// before. Each end notices when the other one is gone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "auth/base/mutex.h"
#include "fcgi/http/exchange.h"

namespace fcgi {

// Thread-safe. Shared by both ends.
class AnswerFlow {
 public:
  enum class State {
    kOpen,
    kEnded,  // the answer is complete
    kCut,    // it will never be complete
  };
  struct Part {
    std::string bytes;
    State state;
  };

  // first: header lines. has_body: false if a body that is written is not sent.
  AnswerFlow(std::string first, bool has_body) : bytes_(std::move(first)), has_body_(has_body) {}

  // The endpoint's end. write returns how many bytes it has taken; if `wake` is set, the caller
  // must wake the connection.
  struct Written {
    std::size_t taken = 0;
    bool wake = false;
  };
  [[nodiscard]] Written write(std::string_view piece);
  [[nodiscard]] bool wait_for_room(std::chrono::milliseconds most);
  // Returns true if the caller must wake the connection.
  [[nodiscard]] bool end(State state);
  [[nodiscard]] bool is_open();

  // The connection's end.
  [[nodiscard]] bool has_some();
  [[nodiscard]] Part take();
  void close();

 private:
  [[nodiscard]] bool wake() REQUIRES_LOCK(mutex_);

  auth::Mutex mutex_{};
  std::condition_variable_any room_{};
  std::string bytes_ GUARDED_BY(mutex_);
  const bool has_body_;
  State state_ GUARDED_BY(mutex_) = State::kOpen;
  bool closed_ GUARDED_BY(mutex_) = false;  // the connection's end is gone
  bool woken_ GUARDED_BY(mutex_) = true;    // it will call take; at first, when it gets the flow
};

// The connection's end. Its destruction closes the flow, wherever that happens.
class AnswerSource {
 public:
  AnswerSource() = default;
  explicit AnswerSource(std::shared_ptr<AnswerFlow> flow) : flow_(std::move(flow)) {}
  AnswerSource(AnswerSource&&) noexcept = default;
  AnswerSource& operator=(AnswerSource&& other) noexcept {
    close();
    flow_ = std::move(other.flow_);
    return *this;
  }
  ~AnswerSource() { close(); }

  explicit operator bool() const noexcept { return flow_ != nullptr; }
  AnswerFlow* operator->() const noexcept { return flow_.get(); }

 private:
  void close() noexcept {
    if (flow_) flow_->close();
  }

  std::shared_ptr<AnswerFlow> flow_{};
};

}  // namespace fcgi
