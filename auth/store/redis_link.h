// SPDX-License-Identifier: Apache-2.0
// RedisLink: a thread with a connection to a Redis or Valkey server, for all who ask.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/mutex.h"
#include "auth/store/redis_conversation.h"
#include "auth/store/redis_reply.h"
#include "auth/store/redis_url.h"

namespace auth::redis {

// Time for all that a question needs, connecting included.
constexpr std::chrono::milliseconds kRedisDeadline{50};
// Maximum number of questions that have no answer yet. Questions beyond it are not asked.
constexpr std::size_t kMaxRedisQuestions = 8192;
constexpr std::size_t kMaxRedisBytes = 16 << 20;  // maximum size of their commands

// Thread-safe. Connects to nothing before the first question.
class RedisLink {
 public:
  // Starts its thread. Throws std::system_error if none can be had. The address must outlive it.
  explicit RedisLink(const RedisAddress& address,
                     std::chrono::milliseconds deadline = kRedisDeadline);
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;
  ~RedisLink() { stop(); }

  // Never waits. The commands are sent together, with none of another question between them. Calls
  // done once, within the deadline: on the link's thread, where it delays all others; or, if the
  // question is not asked because there are too many, or because of stop, on this thread with an
  // empty answer. done may ask again.
  void ask(std::vector<Command> commands, std::function<void(Answer)> done);

  // Ends all questions with empty answers, and the thread. From then on nothing is asked. Waits for
  // a call of done, and for a name server up to a second. Not to be called by done, nor by two
  // threads at once.
  void stop();

 private:
  [[nodiscard]] bool hand_over(Question& question);
  void run();
  // Returns whether it goes on.
  [[nodiscard]] bool take_new(RedisConversation& conversation);
  void wait(const RedisConversation& conversation, short& events) const;

  const RedisAddress& address_;
  const std::chrono::milliseconds deadline_;
  const Descriptor wake_;  // an eventfd
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> open_bytes_{0};
  Mutex mutex_;
  std::vector<Question> asked_ GUARDED_BY(mutex_);  // and not yet taken by the thread
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace auth::redis
