// SharedCache: what other processes and machines have learned of a token.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "auth/base/clock.h"
#include "auth/base/secret.h"
#include "auth/store/sealed_entry.h"
#include "auth/store/shared_store.h"

namespace auth {

// Thread-safe. Blocks as long as its store does (shared_store.h).
class SharedCache {
 public:
  struct Lifetimes {
    std::chrono::seconds ttl;    // of an answer; not 0
    std::chrono::seconds grace;  // how much longer it may serve while ZITADEL cannot be reached
  };

  // The clock must outlive the cache.
  SharedCache(std::unique_ptr<SharedStore> store, Sealer sealer, Lifetimes lifetimes,
              const Clock& clock);

  // What was learned last, even where it serves only while ZITADEL cannot be reached.
  [[nodiscard]] std::optional<SharedEntry> find(SecretView token);

  // Tells the others, until the entry's lifetime or the token itself ends. What they know by now
  // stays if it is newer.
  void store(SecretView token, const SharedEntry& entry);

 private:
  const std::unique_ptr<SharedStore> store_;
  const Sealer sealer_;
  const Lifetimes lifetimes_;
  const Clock& clock_;
};

}  // namespace auth
