// SharedStore: where processes and machines leave sealed entries for each other.
//
// A store is a convenience: whatever goes wrong with it, the program goes on without it. It is not
// trusted either: what it gives is opened by sealed_entry, which accepts nothing that was changed.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
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
  virtual ~SharedStore() = default;

  // The entry, or nothing: there is none, it is larger than kMaxSealedBytes, or the store is out
  // of order.
  [[nodiscard]] virtual std::optional<std::string> get(const StoreKey& key) = 0;

  // Keeps the entry until about then; forgets others where there is no room. An entry larger than
  // kMaxSealedBytes is not kept.
  virtual void put(const StoreKey& key, std::string_view entry, WallTime until) = 0;
};

}  // namespace auth
