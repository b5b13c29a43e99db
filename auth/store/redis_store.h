// RedisStore: the store of the processes of several machines, a Redis or Valkey server.
//
// An entry is the text of the key "zitadel-fcgi:1:" and the store key in hexadecimal digits, and
// the server forgets it in its time. Used are GETRANGE and SET, after AUTH and SELECT where the
// address asks for them: a user for it needs no other rights, and no other keys.
//
// A server that is down, slow, full or strange: the program goes on without it, and returns to it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/store/redis_url.h"
#include "auth/store/shared_store.h"
#include "auth/store/store_log.h"

namespace auth {

namespace redis {
class RedisConnection;
class Resolver;
struct Reply;
}  // namespace redis

// For all that a call does, connecting included.
constexpr std::chrono::milliseconds kRedisDeadline{50};
// After a failure, the server is left alone for so long; then one call tries it.
constexpr std::chrono::seconds kRedisPause{1};
// More threads that use it at the same time connect each time.
constexpr std::size_t kMaxIdleRedisConnections = 16;

// Connects to nothing before it is first used, and anew after a fork: so it may be made before one.
class RedisStore final : public SharedStore {
 public:
  // The clock must outlive the store.
  RedisStore(RedisAddress address, const Clock& clock);
  ~RedisStore() override;

  // Wait for kRedisDeadline at most; put, which may ask twice, twice as long.
  [[nodiscard]] std::optional<std::string> get(const StoreKey& key) override;
  // Replaces also what another machine keeps between its two questions.
  void put(const StoreKey& key, const Entry& entry, const Keeps& keeps) override;

 private:
  using Connection = std::unique_ptr<redis::RedisConnection>;
  using Command = std::initializer_list<std::string_view>;

  // Nothing while the server is left alone, and where it gives no answer.
  [[nodiscard]] std::optional<redis::Reply> ask(Command command);
  // Null while the server is left alone.
  [[nodiscard]] std::shared_ptr<redis::Resolver> admit();
  [[nodiscard]] Connection take_idle();
  void give_back(Connection connection);
  void fail(std::string_view what);
  void succeed();

  const RedisAddress address_;
  const Clock& clock_;
  StoreLog log_;
  StoreLog write_log_;

  Mutex mutex_;
  std::vector<Connection> idle_ GUARDED_BY(mutex_);
  std::shared_ptr<redis::Resolver> resolver_ GUARDED_BY(mutex_);
  pid_t process_ GUARDED_BY(mutex_) = 0;  // that made these
  bool failing_ GUARDED_BY(mutex_) = false;
  SteadyTime ask_at_ GUARDED_BY(mutex_){};
  SteadyTime write_at_ GUARDED_BY(mutex_){};
};

}  // namespace auth
