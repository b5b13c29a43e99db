// A bounded map that forgets what was used longest ago, in shards so that threads rarely meet.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

#include "auth/base/mutex.h"
#include "auth/cache/token_key.h"

namespace auth {

// Thread-safe. Each operation holds one shard's lock for a few instructions.
template <typename Value>
class ShardedLru {
 public:
  // capacity: entries in all, rounded up to a multiple of the number of shards.
  explicit ShardedLru(std::size_t capacity)
      : shard_capacity_(std::max<std::size_t>(1, (capacity + kShards - 1) / kShards)) {}

  // Calls look(value&) under the lock where there is an entry, and makes it the youngest.
  template <typename Look>
  void find(const TokenKey& key, Look look) {
    Shard& shard = shard_of(key);
    const MutexLock lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end()) return;
    shard.order.splice(shard.order.begin(), shard.order, found->second);
    look(found->second->second);
  }

  void store(const TokenKey& key, Value value) {
    Shard& shard = shard_of(key);
    const MutexLock lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found != shard.index.end()) {
      found->second->second = std::move(value);
      shard.order.splice(shard.order.begin(), shard.order, found->second);
      return;
    }
    if (shard.index.size() >= shard_capacity_) {
      shard.index.erase(shard.order.back().first);
      shard.order.pop_back();
    }
    shard.order.emplace_front(key, std::move(value));
    shard.index.emplace(key, shard.order.begin());
  }

  void erase(const TokenKey& key) {
    Shard& shard = shard_of(key);
    const MutexLock lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end()) return;
    shard.order.erase(found->second);
    shard.index.erase(found);
  }

 private:
  static constexpr std::size_t kShards = 16;
  using Order = std::list<std::pair<TokenKey, Value>>;

  struct Shard {
    Mutex mutex;
    Order order GUARDED_BY(mutex);  // youngest first
    std::unordered_map<TokenKey, typename Order::iterator, TokenKeyHash> index GUARDED_BY(mutex);
  };

  // The index takes its buckets from the key's first bytes, so the shard comes from the last one.
  Shard& shard_of(const TokenKey& key) { return shards_[key.digest.back() % kShards]; }

  const std::size_t shard_capacity_;
  std::array<Shard, kShards> shards_{};
};

}  // namespace auth
