// SharedStore: where processes and machines leave sealed entries for each other.
//
// A store is a convenience: whatever goes wrong with it, the program goes on without it. It is not
// trusted either: what it gives is opened by sealed_entry, which accepts nothing that was changed.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/clock.h"

namespace auth {

constexpr std::size_t kMaxSealedBytes = 64 << 10;
constexpr std::chrono::seconds kStoreLogInterval{10};

// A keyed hash of a token (sealed_entry.h): says nothing of the token without the key.
using StoreKey = std::array<unsigned char, 32>;

// Thread-safe. May block for as long as the engine's deadline, so it is never called on a request
// thread. Failures are logged, at most a line in kStoreLogInterval.
class SharedStore {
 public:
  // What ZITADEL said of a token. Only decides which entries push out which.
  enum class Kind { kAnswer, kRefusal };

  struct Entry {
    std::string_view sealed;
    WallTime until;  // it is kept until about then
    Kind kind = Kind::kAnswer;
  };

  // Whether the entry that the store has for this key stays, and the new one is not kept.
  using Keeps = std::function<bool(std::string_view sealed)>;

  virtual ~SharedStore() = default;

  // Returns the entry. nullopt if there is none, it is larger than kMaxSealedBytes, or the store is
  // out of order.
  [[nodiscard]] virtual std::optional<std::string> get(const StoreKey& key) = 0;

  // Keeps the entry in place of the one that is there, unless keeps says that this one stays.
  // Forgets others where there is no room. An entry larger than kMaxSealedBytes is not kept.
  // keeps: empty if the new entry takes the place in any case.
  virtual void put(const StoreKey& key, const Entry& entry, const Keeps& keeps) = 0;
};

}  // namespace auth
