// SPDX-License-Identifier: Apache-2.0
// A shared store in memory, which several of them may have in common, as processes have a file.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    if (refuses_ && refuses_(kept.entry.size())) {
      ++refused_;
      return;
    }
    const auto there = kept_.find(key);
    if (keeps && there != kept_.end() && keeps(there->second.entry)) return;
    kept_.insert_or_assign(key, std::move(kept));
    ++puts_;
  }
  void clear() {
    lose([](std::size_t) { return true; });
  }
  // Forgets the entries of which is_lost(size) says so.
  template <typename IsLost>
  void lose(IsLost is_lost) {
    const std::lock_guard lock(mutex_);
    std::erase_if(kept_, [&](const auto& each) { return is_lost(each.second.entry.size()); });
  }
  // Writes no more entries of which is_refused(size) says so; empty: it writes all.
  void refuse(std::function<bool(std::size_t)> is_refused) {
    const std::lock_guard lock(mutex_);
    refuses_ = std::move(is_refused);
  }
  [[nodiscard]] std::size_t refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }
  // Has again what `before` had, of the entries of which is_back(size) says so.
  template <typename IsBack>
  void put_back(const StoreContents& before, IsBack is_back) {
    const std::scoped_lock lock(mutex_, before.mutex_);
    for (const auto& [key, kept] : before.kept_) {
      if (is_back(kept.entry.size())) kept_.insert_or_assign(key, kept);
    }
  }
  void copy_to(StoreContents& other) const {
    other.put_back(*this, [](std::size_t) { return true; });
  }
  [[nodiscard]] std::size_t puts() const {
    const std::lock_guard lock(mutex_);
    return puts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<auth::StoreKey, Kept> kept_;
  std::function<bool(std::size_t)> refuses_;
  std::size_t puts_ = 0;
  std::size_t refused_ = 0;
};

class MemoryStore final : public auth::SharedStore {
 public:
  explicit MemoryStore(std::shared_ptr<StoreContents> contents) : contents_(std::move(contents)) {}

  void get(const auth::StoreKey& key, Found found) override {
    std::vector<std::string> sealed;
    if (const auto kept = contents_->find(key)) sealed.push_back(kept->entry);
    found(std::move(sealed));
  }
  void put(const auth::StoreKey& key, Entry entry, Keeps keeps, Kept kept) override {
    contents_->put(key, {std::move(entry.sealed), entry.until}, keeps);
    kept();
  }
  void stop() override {}

 private:
  const std::shared_ptr<StoreContents> contents_;
};

}  // namespace support
