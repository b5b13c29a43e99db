// SPDX-License-Identifier: Apache-2.0
// SharedStore: where processes and machines leave sealed entries for each other.
//
// A store is a convenience: whatever goes wrong with it, the program goes on without it. It is not
// trusted either: what it gives is opened by sealed_entry, which accepts nothing that was changed.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"

namespace auth {

constexpr std::size_t kMaxSealedBytes = 64 << 10;
constexpr std::chrono::seconds kStoreLogInterval{10};

// A keyed hash of a token (sealed_entry.h): says nothing of the token without the key.
using StoreKey = std::array<unsigned char, 32>;

// Thread-safe. May wait for a disk, so it is never called on a request thread; waits for nothing
// else. Failures are logged, at most a line in kStoreLogInterval.
class SharedStore {
 public:
  // The kind of ZITADEL's verdict about a token.
  enum class Kind { kAnswer, kRefusal };

  struct Entry {
    std::string sealed;
    WallTime until;  // it is kept until about then
    Kind kind = Kind::kAnswer;
  };

  // Whether an entry that the store has for this key stays, and the new one is not kept.
  using Keeps = std::function<bool(std::string_view sealed)>;

  // Found and Kept are called once: on the calling thread before get or put returns, or later on a
  // thread that all calls of the store share. There they may use the store, but must not wait.
  using Found = std::function<void(std::vector<std::string> sealed)>;
  using Kept = std::function<void()>;

  virtual ~SharedStore() = default;

  // Finds the entries for the key: none, one, or an answer and a refusal, of which the one learned
  // later counts. None also if the store is out of order.
  virtual void get(const StoreKey& key, Found found) = 0;

  // Keeps the entry in place of those that are there, unless keeps says that one of them stays. But
  // an answer never takes the place of a refusal that is put at the same time. Forgets other
  // entries if there is no room. An entry larger than kMaxSealedBytes is not kept.
  // keeps: empty if the new entry takes the place in any case. May be called on either thread, too.
  virtual void put(const StoreKey& key, Entry entry, Keeps keeps, Kept kept) = 0;

  // Ends what is under way: when it returns, each Found and Kept has been called and has returned.
  // From then on nothing is found or kept. Not to be called by one of them.
  virtual void stop() = 0;
};

}  // namespace auth
