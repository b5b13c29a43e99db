// SharedCache: what other processes and machines have learned of a token.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/secret.h"
#include "auth/store/sealed_entry.h"
#include "auth/store/shared_store.h"

namespace auth {

// Thread-safe. Waits for no more than its store does (shared_store.h).
class SharedCache {
 public:
  struct Lifetimes {
    std::chrono::seconds ttl;    // of an answer; not 0
    std::chrono::seconds grace;  // how much longer it may serve while ZITADEL cannot be reached
  };

  // The clock must outlive the cache.
  SharedCache(std::unique_ptr<SharedStore> store, Sealer sealer, Lifetimes lifetimes,
              const Clock& clock);

  // Both are called once, on the thread on which the store calls back (SharedStore::Found): what
  // takes long, or waits, is for another one. They must keep the token alive.
  using Found = std::function<void(std::optional<SharedEntry>)>;
  using Stored = std::function<void(std::optional<SharedEntry> instead)>;

  // Finds what was learned last, even where it serves only while ZITADEL cannot be reached.
  void find(SecretView token, Found found);

  // Tells the others, until the entry's lifetime or the token itself ends. What they know by now
  // stays if it is newer: then stored gets it.
  void store(SecretView token, SharedEntry entry, Stored stored);

  // See SharedStore::stop. Found and Stored may need others: these must still be there.
  void stop() { store_->stop(); }

 private:
  [[nodiscard]] std::optional<SharedEntry> newest(SecretView token,
                                                  const std::vector<std::string>& sealed) const;

  const std::unique_ptr<SharedStore> store_;
  const Sealer sealer_;
  const Lifetimes lifetimes_;
  const Clock& clock_;
};

}  // namespace auth
