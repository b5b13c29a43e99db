// SPDX-License-Identifier: Apache-2.0
// RedisStore: the store of the processes of several machines, a Redis or Valkey server.
//
// An entry is the text of the key "zitadel-fcgi:1:" and the store key in hexadecimal digits; of a
// refusal ":refused" follows, so that no answer that is on its way can take its place. The server
// forgets it in its time. Used are GETRANGE and SET, after AUTH and SELECT where the address asks
// for them: a user for it needs no other rights, and no other keys.
//
// A server that is down, slow, full or strange: the program goes on without it, and returns to it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/store/redis_link.h"
#include "auth/store/redis_reply.h"
#include "auth/store/redis_url.h"
#include "auth/store/shared_store.h"
#include "auth/store/store_log.h"

namespace auth {

// After a failure, the server is left alone for so long; then one call tries it.
constexpr std::chrono::seconds kRedisPause{1};

// Connects to nothing before it is first used, and anew after a fork: so it may be made before one.
class RedisStore final : public SharedStore {
 public:
  // deadline: for all that a question needs, connecting included. The clock, of which come the
  // pauses, must outlive the store.
  RedisStore(RedisAddress address, const Clock& clock,
             std::chrono::milliseconds deadline = redis::kRedisDeadline,
             Metrics& metrics = Metrics::unread());
  ~RedisStore() override;

  // Neither waits. They call back on the link's thread within the deadline; put, which may
  // ask twice, within twice as long. Or at once, while the server is left alone.
  void get(const StoreKey& key, Found found) override;
  void put(const StoreKey& key, Entry entry, Keeps keeps, Kept kept) override;
  // Not to be called by two threads at once.
  void stop() override;

 private:
  using Done = std::function<void(std::vector<redis::Reply>)>;

  // done gets no replies while the server is left alone, and where it gives no answer.
  void ask(std::vector<redis::Command> commands, Done done);
  // Null while the server is left alone.
  [[nodiscard]] redis::RedisLink* admit();
  void leave_to_parent() REQUIRES_LOCK(mutex_);
  void set(const StoreKey& key, const Entry& entry, Kept kept);
  void take_set(const redis::Reply& reply);
  [[nodiscard]] bool may_write();
  void fail(std::string_view what);
  void succeed();

  const RedisAddress address_;
  const Clock& clock_;
  const std::chrono::milliseconds deadline_;
  StoreLog log_;
  StoreLog write_log_;

  Mutex mutex_;
  std::unique_ptr<redis::RedisLink> link_ GUARDED_BY(mutex_);
  pid_t process_ GUARDED_BY(mutex_) = 0;  // that made it
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool failing_ GUARDED_BY(mutex_) = false;
  SteadyTime ask_at_ GUARDED_BY(mutex_){};
  SteadyTime write_at_ GUARDED_BY(mutex_){};
};

}  // namespace auth
