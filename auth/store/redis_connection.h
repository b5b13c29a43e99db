// SPDX-License-Identifier: Apache-2.0
// RedisConnection: one non-blocking connection to a Redis or Valkey server.
//
// hiredis connects, writes the commands, and reads the replies (RESP 2). The only room that
// includes it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/result.h"
#include "auth/store/redis_reply.h"
#include "auth/store/redis_url.h"

struct redisContext;

namespace auth::redis {

// For one thread. After an operation that returned a problem the connection cannot be used any
// more.
class RedisConnection {
 public:
  enum class Stage { kConnecting, kIntroducing, kReady };
  using Begun = Result<std::unique_ptr<RedisConnection>, Mistake>;

  // Begins to connect to the address's socket, or to one of the addresses of its host, in figures.
  // The address must outlive the connection.
  [[nodiscard]] static Begun begin(const RedisAddress& address, const std::string& figures);

  [[nodiscard]] Stage stage() const noexcept { return stage_; }
  [[nodiscard]] int descriptor() const noexcept;
  // Returns the events to poll for.
  [[nodiscard]] short awaited() const noexcept;

  // To be called after a poll. Does what can be done now: connects, authenticates, chooses the
  // database, writes, reads.
  [[nodiscard]] Result<void, Mistake> advance(short events);

  // REQUIRES: kReady. Written as far as the server takes it; the rest follows by advance.
  [[nodiscard]] Result<void, Mistake> send(const Command& command);
  [[nodiscard]] Result<void, Mistake> flush();

  // Returns the next reply, in the order of the commands; nullopt if it has not come yet. A reply
  // that nobody has asked for, or one longer than kMaxSealedBytes and its RESP framing, is a
  // problem.
  [[nodiscard]] Result<std::optional<Reply>, Mistake> next();

 private:
  struct ContextDeleter {
    void operator()(redisContext* context) const noexcept;
  };

  RedisConnection(const RedisAddress& address, redisContext* context)
      : address_(address), context_(context) {}

  [[nodiscard]] Result<void, Mistake> connected();
  [[nodiscard]] Result<void, Mistake> introduce();
  [[nodiscard]] Result<void, Mistake> greet(std::initializer_list<std::string_view> command);
  [[nodiscard]] Result<void, Mistake> read_greetings();
  [[nodiscard]] Mistake trouble() const;

  const RedisAddress& address_;
  const std::unique_ptr<redisContext, ContextDeleter> context_;
  Stage stage_ = Stage::kConnecting;
  bool unsent_ = false;
  std::size_t expected_ = 0;           // replies
  std::deque<std::string> greetings_;  // names of the commands whose replies come first
};

}  // namespace auth::redis
