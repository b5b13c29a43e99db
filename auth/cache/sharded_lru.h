// SPDX-License-Identifier: Apache-2.0
// A bounded map that forgets what was used longest ago. It has shards, so that threads rarely wait
// for each other.
//
// It has two spaces, each with a bound of its own in bytes: what fills one pushes nothing out of
// the other. A key has one value, in one of them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "auth/base/mutex.h"
#include "auth/cache/token_key.h"

namespace auth {

// Returns how many bytes glibc uses for an allocation of that size.
constexpr std::size_t heap_bytes(std::size_t size) noexcept {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kStep = 16;
  constexpr std::size_t kLeast = 32;
  return size <= kLeast - kHeader ? kLeast : (size + kHeader + kStep - 1) / kStep * kStep;
}

// Thread-safe. Each operation holds one shard's lock for a few instructions.
template <typename Value>
class ShardedLru {
 private:
  struct Node;
  using Item = std::pair<const TokenKey, Node>;

 public:
  enum class Space : std::uint8_t { kFirst, kSecond };
  using Bytes = std::array<std::size_t, 2>;

  struct Entry {
    Value value;
    std::size_t bytes = 0;  // owned by the value, at most 4 GiB
    Space space = Space::kFirst;
  };

  // bytes: the bound of each space, for all shards together.
  explicit ShardedLru(Bytes bytes) : shard_bytes_{bytes[0] / kShards, bytes[1] / kShards} {}

  // The effect of a change on one space.
  struct Difference {
    std::int64_t entries = 0;
    std::int64_t bytes = 0;
    std::uint64_t evicted = 0;
  };
  using Differences = std::array<Difference, 2>;

  // Sets the bounds of both spaces from now on.
  Differences bound(Bytes bytes) {
    for (std::size_t space = 0; space < bytes.size(); ++space) {
      shard_bytes_[space].store(bytes[space] / kShards, std::memory_order_relaxed);
    }
    Differences differences;
    for (Shard& shard : shards_) {
      const MutexLock lock(shard.mutex);
      const std::array<Order, 2> before = shard.orders;
      for (const Space space : {Space::kFirst, Space::kSecond}) {
        differences[static_cast<std::size_t>(space)].evicted +=
            shard.shrink(space, bound_of(space));
      }
      add(differences, before, shard.orders);
    }
    return differences;
  }

  // Calls look(value&, space) under the lock if there is a value, and makes it the youngest.
  template <typename Look>
  void find(const TokenKey& key, Look look) {
    Shard& shard = shard_of(key);
    const MutexLock lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end()) return;
    shard.renew(*found);
    look(found->second.value, found->second.space);
  }

  // Calls change(const value*, space) under the lock, with null if there is no value. It returns
  // the entry to put in its place, or nullopt to leave all as it is. An entry larger than its space
  // is not kept.
  template <typename Change>
  Differences change(const TokenKey& key, Change change) {
    Shard& shard = shard_of(key);
    const MutexLock lock(shard.mutex);
    const auto found = shard.index.find(key);
    const bool known = found != shard.index.end();
    const Value* const value = known ? &found->second.value : nullptr;
    std::optional<Entry> entry = change(value, known ? found->second.space : Space::kFirst);
    Differences differences;
    if (!entry) return differences;
    const std::array<Order, 2> before = shard.orders;
    if (known) shard.unlink(*found);
    Item& item = known ? *found : *shard.index.try_emplace(key).first;
    item.second.value = std::move(entry->value);
    item.second.bytes = static_cast<std::uint32_t>(entry->bytes);
    item.second.space = entry->space;
    shard.link(item);
    const auto space = static_cast<std::size_t>(entry->space);
    differences[space].evicted = shard.shrink(entry->space, bound_of(entry->space));
    add(differences, before, shard.orders);
    return differences;
  }

  // Returns the bytes of an entry that its value does not own: its node and its part of the index.
  static constexpr std::size_t entry_bytes() noexcept {
    return heap_bytes(sizeof(void*) + sizeof(Item)) + 2 * sizeof(void*);
  }

 private:
  static constexpr std::size_t kShards = 16;

  static constexpr std::int64_t difference(std::size_t from, std::size_t to) noexcept {
    return static_cast<std::int64_t>(to) - static_cast<std::int64_t>(from);
  }

  struct Node {
    Value value{};
    std::uint32_t bytes = 0;
    Space space = Space::kFirst;
    Item* younger = nullptr;
    Item* older = nullptr;
  };

  // The values of one space, by age.
  struct Order {
    Item* youngest = nullptr;
    Item* oldest = nullptr;
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };

  using Orders = std::array<Order, 2>;

  static void add(Differences& differences, const Orders& before, const Orders& after) noexcept {
    for (std::size_t i = 0; i < differences.size(); ++i) {
      differences[i].entries += difference(before[i].entries, after[i].entries);
      differences[i].bytes += difference(before[i].bytes, after[i].bytes);
    }
  }

  struct Shard {
    Mutex mutex;
    std::array<Order, 2> orders GUARDED_BY(mutex);
    std::unordered_map<TokenKey, Node, TokenKeyHash> index GUARDED_BY(mutex);

    Order& order_of(Space space) REQUIRES_LOCK(mutex) {
      return orders[static_cast<std::size_t>(space)];
    }

    // Adds the item as the youngest of its space.
    void link(Item& item) REQUIRES_LOCK(mutex) {
      Order& order = order_of(item.second.space);
      item.second.younger = nullptr;
      item.second.older = order.youngest;
      (order.youngest != nullptr ? order.youngest->second.younger : order.oldest) = &item;
      order.youngest = &item;
      ++order.entries;
      order.bytes += entry_bytes() + item.second.bytes;
    }

    void unlink(Item& item) REQUIRES_LOCK(mutex) {
      Order& order = order_of(item.second.space);
      Node& node = item.second;
      (node.younger != nullptr ? node.younger->second.older : order.youngest) = node.older;
      (node.older != nullptr ? node.older->second.younger : order.oldest) = node.younger;
      --order.entries;
      order.bytes -= entry_bytes() + node.bytes;
    }

    void renew(Item& item) REQUIRES_LOCK(mutex) {
      if (order_of(item.second.space).youngest == &item) return;
      unlink(item);
      link(item);
    }

    // Returns the number of evicted entries.
    std::uint64_t shrink(Space space, std::size_t bytes) REQUIRES_LOCK(mutex) {
      Order& order = order_of(space);
      std::uint64_t evicted = 0;
      for (; order.bytes > bytes; ++evicted) {
        Item& oldest = *order.oldest;
        unlink(oldest);
        index.erase(TokenKey(oldest.first));
      }
      return evicted;
    }
  };

  // The index takes its buckets from the key's first bytes, so the shard comes from the last one.
  Shard& shard_of(const TokenKey& key) { return shards_[key.digest.back() % kShards]; }

  [[nodiscard]] std::size_t bound_of(Space space) const noexcept {
    return shard_bytes_[static_cast<std::size_t>(space)].load(std::memory_order_relaxed);
  }

  std::array<std::atomic<std::size_t>, 2> shard_bytes_;
  std::array<Shard, kShards> shards_{};
};

}  // namespace auth
