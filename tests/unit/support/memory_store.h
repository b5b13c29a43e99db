// A shared store in memory, which several of them may have in common, as processes have a file.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/store/shared_store.h"

namespace support {

// Thread-safe. Forgets nothing, so that ends are for its users to look at.
class StoreContents {
 public:
  struct Kept {
    std::string entry;
    auth::WallTime until;
  };

  [[nodiscard]] std::optional<Kept> find(const auth::StoreKey& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(key);
    return found == kept_.end() ? std::nullopt : std::optional(found->second);
  }
  void put(const auth::StoreKey& key, Kept kept, const auth::SharedStore::Keeps& keeps) {
    const std::lock_guard lock(mutex_);
    const auto there = kept_.find(key);
    if (keeps && there != kept_.end() && keeps(there->second.entry)) return;
    kept_.insert_or_assign(key, std::move(kept));
    ++puts_;
  }
  [[nodiscard]] std::size_t puts() const {
    const std::lock_guard lock(mutex_);
    return puts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<auth::StoreKey, Kept> kept_;
  std::size_t puts_ = 0;
};

class MemoryStore final : public auth::SharedStore {
 public:
  explicit MemoryStore(std::shared_ptr<StoreContents> contents) : contents_(std::move(contents)) {}

  [[nodiscard]] std::optional<std::string> get(const auth::StoreKey& key) override {
    std::optional<StoreContents::Kept> kept = contents_->find(key);
    return kept ? std::optional(std::move(kept->entry)) : std::nullopt;
  }
  void put(const auth::StoreKey& key, const Entry& entry, const Keeps& keeps) override {
    contents_->put(key, {std::string(entry.sealed), entry.until}, keeps);
  }

 private:
  const std::shared_ptr<StoreContents> contents_;
};

}  // namespace support
