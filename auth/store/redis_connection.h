// RedisConnection: one connection to a Redis or Valkey server, with a deadline for all it does.
//
// hiredis writes the commands and reads the replies (RESP 2). The only room that includes it.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "auth/base/descriptor.h"
#include "auth/store/redis_resolver.h"
#include "auth/store/redis_url.h"

struct redisReader;

namespace auth::redis {

struct Reply {
  enum class Kind { kText, kNothing, kError, kOther };
  Kind kind = Kind::kOther;
  // The text; of an error only its code, such as WRONGTYPE: what follows may hold anything. Of
  // another kind what is to be put behind "it answers".
  std::string text{};
};

// One thread at a time.
class RedisConnection {
 public:
  using Opened = std::variant<std::unique_ptr<RedisConnection>, std::string>;
  // Connected, authenticated, and at the address's database. Else what is wrong, in words.
  [[nodiscard]] static Opened open(const RedisAddress& address, Resolver& resolver,
                                   Deadline deadline);

  // The server's reply to a command. Else what is wrong, in words: the connection is then of no use
  // any more. A reply of more than kMaxSealedBytes and some counts as wrong.
  [[nodiscard]] std::variant<Reply, std::string> call(
      std::initializer_list<std::string_view> command, Deadline deadline);

  // Between two calls: that the server has neither closed it nor sent anything since.
  [[nodiscard]] bool is_quiet() const noexcept;

 private:
  struct ReaderDeleter {
    void operator()(redisReader* reader) const noexcept;
  };

  explicit RedisConnection(Descriptor socket);
  [[nodiscard]] std::string introduce(const RedisAddress& address, Deadline deadline);
  [[nodiscard]] std::string send(std::string_view bytes, Deadline deadline);
  [[nodiscard]] std::variant<Reply, std::string> receive(Deadline deadline);

  const Descriptor socket_;
  const std::unique_ptr<redisReader, ReaderDeleter> reader_;
};

}  // namespace auth::redis
