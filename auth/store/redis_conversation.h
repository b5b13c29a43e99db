// SPDX-License-Identifier: Apache-2.0
// RedisConversation: the work of a RedisLink's thread: it has a connection while one is needed, and
// asks many questions on it without waiting for the answers between them.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/store/redis_connection.h"
#include "auth/store/redis_lookup.h"
#include "auth/store/redis_reply.h"
#include "auth/store/redis_url.h"

namespace auth::redis {

// A time on the clock that poll uses. Unlike auth::SteadyTime it stands still while the machine is
// suspended.
using PollTime = std::chrono::steady_clock::time_point;

struct Answer {
  std::vector<Reply> replies{};  // to each of the commands; empty if there is none
  std::string problem{};         // in words, where one kept the server from answering
};

struct Question {
  std::vector<Command> commands;
  std::function<void(Answer)> done;
  PollTime deadline;
  std::vector<Reply> replies{};
};

// For one thread. Calls each question's done once, on that thread; done must not use this object.
class RedisConversation {
 public:
  // The address must outlive it. wake: see Lookup.
  RedisConversation(const RedisAddress& address, int wake);

  // REQUIRES: its deadline is not before those of the questions that were taken before.
  void take(Question question) { waiting_.push_back(std::move(question)); }

  // Returns -1 if there is no connection.
  [[nodiscard]] int descriptor() const;
  [[nodiscard]] short awaited() const;
  // Returns the time at which advance must be called at the latest; nullopt if there is none.
  [[nodiscard]] std::optional<PollTime> deadline() const;

  // To be called after a poll for what is awaited, or after take. If a deadline has passed, or the
  // connection fails, all questions end, and the connection with them.
  void advance(short events, PollTime now);
  // Ends all questions.
  void end();

 private:
  [[nodiscard]] Result<void, Mistake> step(short events, PollTime now);
  [[nodiscard]] Result<void, Mistake> overdue(PollTime now);
  [[nodiscard]] Result<void, Mistake> use(short events);
  [[nodiscard]] Result<void, Mistake> connect(PollTime now);
  [[nodiscard]] Result<void, Mistake> look_up();
  [[nodiscard]] Result<void, Mistake> send();
  [[nodiscard]] Result<void, Mistake> receive();
  [[nodiscard]] bool is_connecting() const;
  void fail(const std::string& problem);

  const RedisAddress& address_;
  const int wake_;
  const bool has_name_;  // the host is a name that has to be resolved
  std::unique_ptr<Lookup> lookup_;
  std::vector<std::string> addresses_;  // still to be tried, the next one last
  std::unique_ptr<RedisConnection> connection_;
  PollTime connect_until_{};
  std::deque<Question> waiting_;
  std::deque<Question> sent_;
};

}  // namespace auth::redis
