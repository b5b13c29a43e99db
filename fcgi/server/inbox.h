// SPDX-License-Identifier: Apache-2.0
// Inbox: takes messages of exchanges, on any thread, to the loop that owns their connections.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/mutex.h"
#include "fcgi/http/client_watch.h"
#include "fcgi/server/answer_flow.h"

namespace fcgi {

// Thread-safe unless a comment says otherwise.
class Inbox final : public Departures {
 public:
  struct Message {
    RequestId request{};
    std::function<void()> when_body{};  // set: to be called when the body is there
    std::function<void()> when_gone{};  // set: to be called when the peer has left
    AnswerSource stream{};              // set: the answer, which is written in pieces
    bool more = false;                  // there is more of that stream
    std::string answer{};               // otherwise: header lines and body (fcgi/http/response.h)
  };

  Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // False: no descriptors are left.
  [[nodiscard]] bool is_open() const noexcept { return wake_.is_open(); }

  // Adds a message. Wakes the loop unless this is its thread: the loop checks its inbox after
  // everything that it calls. Once the inbox is closed, the message is dropped, and its when_gone
  // is called.
  void post(Message message);

  void when_gone(RequestId request, std::function<void()> then) override {
    post({.request = request, .when_gone = std::move(then)});
  }

  // Async-signal-safe.
  void wake() noexcept;

  // Only on the loop's own thread:

  // Call it before anybody posts.
  void adopt() {
    owner_ = std::this_thread::get_id();
    is_loop_thread_ = true;
  }
  // Readable when the loop must check its inbox.
  [[nodiscard]] int descriptor() const noexcept { return wake_.get(); }
  // Call it before messages are taken.
  void forget_wake() noexcept;
  // Replaces the contents of `messages` by the messages that wait.
  void take(std::vector<Message>& messages);
  // From now on no message is accepted. The messages that are left are dropped as in post, outside
  // the lock.
  void close();

  // Whether this is the thread of any loop.
  [[nodiscard]] static bool is_loop_thread() noexcept { return is_loop_thread_; }

 private:
  static thread_local bool is_loop_thread_;

  std::thread::id owner_{};
  auth::Descriptor wake_;  // an eventfd

  auth::Mutex mutex_{};
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<Message> messages_ GUARDED_BY(mutex_){};
};

}  // namespace fcgi
