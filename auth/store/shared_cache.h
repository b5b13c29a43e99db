// SPDX-License-Identifier: Apache-2.0
// SharedCache: shares with other processes and machines what each has learned of a token.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/failure_log.h"
#include "auth/base/secret.h"
#include "auth/store/sealed_entry.h"
#include "auth/store/shared_store.h"

namespace auth {

// An entry of a machine whose clock is ahead by more than this is one from the future: nobody can
// know when its lifetime ends.
constexpr std::chrono::seconds kClockStep{1};

// Thread-safe. Waits for no more than its store does (shared_store.h).
class SharedCache {
 public:
  struct Lifetimes {
    std::chrono::seconds ttl;    // of an answer; not 0
    std::chrono::seconds grace;  // how much longer it may serve while ZITADEL cannot be reached
    std::chrono::milliseconds timeout;  // of a question: maximum time an answer is on its way
  };

  // The clock must outlive the cache.
  SharedCache(std::unique_ptr<SharedStore> store, Sealer sealer, Lifetimes lifetimes,
              const Clock& clock);

  // Both are called once, on the thread on which the store calls back (SharedStore::Found): work
  // that takes long, or waits, belongs on another thread. They must keep the token alive.
  using Found = std::function<void(std::optional<SharedEntry>)>;
  using Stored = std::function<void(std::optional<SharedEntry> later)>;

  // Finds the entry whose question was sent last, even if it serves no longer: an answer that has
  // run out, or a refusal that is no longer repeated.
  void find(SecretView token, Found found);

  // Shares the entry with the others, for as long as it may be of use. was_good: for a refusal,
  // that the token was good before; it then stays until no older answer can be on its way or in
  // use. stored gets the entry that stays in its place because ZITADEL was asked for it later, if
  // any.
  void store(SecretView token, SharedEntry entry, bool was_good, Stored stored);

  // Notes that all these processes share (Sealer::key_of_note), on the same threads. keeps: returns
  // whether the note in the store stays. A note that nobody can open counts as absent.
  using FoundNote = std::function<void(std::optional<std::string> text)>;
  using KeepsNote = std::function<bool(std::string_view text)>;
  void find_note(const std::string& name, FoundNote found);
  void store_note(const std::string& name, std::string_view text, WallTime until, KeepsNote keeps,
                  std::function<void()> stored);

  // See SharedStore::stop. Objects that Found and Stored use must still exist.
  void stop() { store_->stop(); }

 private:
  [[nodiscard]] WallTime end_of(const SharedEntry& entry, bool was_good) const;
  [[nodiscard]] std::optional<SharedEntry> newest(SecretView token,
                                                  const std::vector<std::string>& sealed) const;

  const std::unique_ptr<SharedStore> store_;
  const Sealer sealer_;
  const Lifetimes lifetimes_;
  const Clock& clock_;
  QuietLog log_;
};

}  // namespace auth
