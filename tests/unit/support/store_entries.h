// SPDX-License-Identifier: Apache-2.0
// Keys and entries that the tests of all stores put into them.
#pragma once

#include <cppunit/TestAssert.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/secret.h"
#include "auth/store/sealed_entry.h"
#include "auth/store/shared_cache.h"
#include "auth/store/shared_store.h"
#include "auth/token/claims.h"

namespace support {

inline auth::StoreKey store_key(unsigned number) {
  std::mt19937 bytes(number);
  auth::StoreKey key{};
  for (unsigned char& byte : key) byte = static_cast<unsigned char>(bytes());
  return key;
}

// Tells at its begin which key it is for; the same number and size give the same entry.
inline std::string store_entry(unsigned number, std::size_t size = 400) {
  std::string entry = std::to_string(number) + ' ';
  while (entry.size() < size) entry += static_cast<char>('a' + entry.size() % 26);
  return entry;
}

// A result that is called back, waited for. Throws if none comes.
template <typename Result>
class Awaited {
 public:
  [[nodiscard]] auto call_back() const {
    return [promise = promise_](const Result& result) { promise->set_value(result); };
  }
  [[nodiscard]] Result get() const {
    auto future = promise_->get_future();
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
      throw std::runtime_error("nobody calls back");
    }
    return future.get();
  }

 private:
  std::shared_ptr<std::promise<Result>> promise_ = std::make_shared<std::promise<Result>>();
};

// Answers and refusals.
inline std::vector<std::string> get_all(auth::SharedStore& store, const auth::StoreKey& key) {
  const Awaited<std::vector<std::string>> found;
  store.get(key, found.call_back());
  return found.get();
}

inline std::optional<std::string> get(auth::SharedStore& store, const auth::StoreKey& key) {
  std::vector<std::string> all = get_all(store, key);
  if (all.empty()) return std::nullopt;
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, all.size());
  return all.front();
}

inline void put(auth::SharedStore& store, const auth::StoreKey& key, auth::SharedStore::Entry entry,
                auth::SharedStore::Keeps keeps = {}) {
  const Awaited<bool> kept;
  store.put(key, std::move(entry), std::move(keeps), [done = kept.call_back()] { done(true); });
  static_cast<void>(kept.get());
}

// An answer, whatever is there.
inline void put(auth::SharedStore& store, unsigned number, auth::WallTime until,
                std::size_t size = 400) {
  put(store, store_key(number), {store_entry(number, size), until});
}

// Puts a sealed entry with a user in it for the token, and proves that it can be had back.
inline void keep_sealed_user(auth::SharedStore& store, const std::string& token_text,
                             auth::WallTime now, auth::WallTime until) {
  const auto sealer = auth::Sealer::make(auth::SecretView("the application's secret"), "context");
  CPPUNIT_ASSERT(sealer.has_value());
  const auth::SecretView token(token_text);
  const auth::SharedEntry entry{
      now, std::make_shared<const auth::Claims>(auth::ClaimsBuilder()
                                                    .subject("subject-4711")
                                                    .username("heidi@example.com")
                                                    .role("read:messages", {"org"})
                                                    .build())};
  put(store, *sealer->key_of(token), {*sealer->seal(token, entry, until), until});
  const auto found = get(store, *sealer->key_of(token));
  CPPUNIT_ASSERT(found && sealer->open(token, *found, now));
}

inline std::optional<auth::SharedEntry> find(auth::SharedCache& cache, auth::SecretView token) {
  const Awaited<std::optional<auth::SharedEntry>> found;
  cache.find(token, found.call_back());
  return found.get();
}

// Returns what stays in its place.
inline std::optional<auth::SharedEntry> store(auth::SharedCache& cache, auth::SecretView token,
                                              const auth::SharedEntry& entry,
                                              bool was_good = false) {
  const Awaited<std::optional<auth::SharedEntry>> stored;
  cache.store(token, entry, was_good, stored.call_back());
  return stored.get();
}

}  // namespace support
