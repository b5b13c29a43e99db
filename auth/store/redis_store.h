// SPDX-License-Identifier: Apache-2.0
// RedisStore: the store of the processes of several machines, a Redis or Valkey server.
//
// An entry is the value of the key "zitadel-fcgi:1:" and the store key in hexadecimal digits; for a
// refusal ":refused" follows, so that no answer that is on its way can take its place. The server
// deletes the entry when its time ends. The commands are GETRANGE and SET, after AUTH and SELECT if
// the address asks for them: the store's user needs no other rights, and no other keys.
//
// If the server is down, slow, full or behaves strangely, the program goes on without it, and
// returns to it later.
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

// Time for which the server is left alone after a failure; then one call tries it.
constexpr std::chrono::seconds kRedisPause{1};

// Connects when it is first used, and again after a fork: so it may be made before a fork.
class RedisStore final : public SharedStore {
 public:
  // deadline: for all that a question needs, connecting included. The clock, which measures the
  // pauses, must outlive the store.
  RedisStore(RedisAddress address, const Clock& clock,
             std::chrono::milliseconds deadline = redis::kRedisDeadline,
             Metrics& metrics = Metrics::unread());
  ~RedisStore() override;

  // Neither waits. They call back on the link's thread within the deadline (put, which may ask
  // twice, within twice the deadline), or at once while the server is left alone.
  void get(const StoreKey& key, Found found) override;
  void put(const StoreKey& key, Entry entry, Keeps keeps, Kept kept) override;
  // Not to be called by two threads at once.
  void stop() override;

 private:
  using Done = std::function<void(std::vector<redis::Reply>)>;

  // done gets no replies while the server is left alone, or if it gives no answer.
  void ask(std::vector<redis::Command> commands, Done done);
  // Returns null while the server is left alone.
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
  pid_t process_ GUARDED_BY(mutex_) = 0;  // the one that made the link
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool failing_ GUARDED_BY(mutex_) = false;
  SteadyTime ask_at_ GUARDED_BY(mutex_){};
  SteadyTime write_at_ GUARDED_BY(mutex_){};
};

}  // namespace auth
