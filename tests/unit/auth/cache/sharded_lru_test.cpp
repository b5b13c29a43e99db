// SPDX-License-Identifier: Apache-2.0
#include "auth/cache/sharded_lru.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/support/token_keys.h"

namespace {

using auth::TokenKey;
using support::key_of;
using Lru = auth::ShardedLru<int>;
using Space = Lru::Space;

constexpr std::size_t kShards = 16;

// Room for so many entries that own nothing, in each of the two spaces.
template <typename OfValues>
typename OfValues::Bytes room_for(std::size_t entries) {
  return {entries * OfValues::entry_bytes(), entries * OfValues::entry_bytes()};
}

void store(Lru& lru, const TokenKey& key, int value, Space space = Space::kFirst,
           std::size_t bytes = 0) {
  lru.change(key, [&](const int*, Space) { return Lru::Entry{value, bytes, space}; });
}

// A key that differs from others of its shard in its first bytes.
TokenKey key_in_shard(unsigned char shard, unsigned number) {
  TokenKey key{};
  key.digest[0] = static_cast<unsigned char>(number);
  key.digest[1] = static_cast<unsigned char>(number >> 8);
  key.digest.back() = shard;
  return key;
}

std::optional<int> found(Lru& lru, const TokenKey& key) {
  std::optional<int> value;
  lru.find(key, [&](int each, Space) { value = each; });
  return value;
}

class ShardedLruTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ShardedLruTest);
  CPPUNIT_TEST(finds_nothing_in_an_empty_one);
  CPPUNIT_TEST(forgets_what_was_used_longest_ago);
  CPPUNIT_TEST(looking_at_a_value_makes_it_young);
  CPPUNIT_TEST(storing_again_makes_it_young_and_takes_no_room);
  CPPUNIT_TEST(a_full_shard_pushes_nothing_out_of_another);
  CPPUNIT_TEST(never_holds_more_than_its_bytes);
  CPPUNIT_TEST(counts_what_a_value_owns);
  CPPUNIT_TEST(keeps_nothing_that_is_larger_than_its_space);
  CPPUNIT_TEST(a_full_space_pushes_nothing_out_of_the_other);
  CPPUNIT_TEST(moves_a_value_from_one_space_to_the_other);
  CPPUNIT_TEST(tells_whoever_changes_a_value_what_there_is);
  CPPUNIT_TEST(lets_go_of_what_it_forgets);
  CPPUNIT_TEST(lets_a_value_be_changed_in_place);
  CPPUNIT_TEST(keeps_order_while_many_threads_use_it);
  CPPUNIT_TEST_SUITE_END();

  void finds_nothing_in_an_empty_one() {
    Lru lru(room_for<Lru>(100));
    CPPUNIT_ASSERT(!found(lru, key_of("a")).has_value());
  }

  void forgets_what_was_used_longest_ago() {
    Lru lru(room_for<Lru>(3 * kShards));
    for (unsigned i = 0; i < 4; ++i) store(lru, key_in_shard(0, i), static_cast<int>(i));
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 0)).has_value());
    for (unsigned i = 1; i < 4; ++i) CPPUNIT_ASSERT(found(lru, key_in_shard(0, i)).has_value());
  }

  void looking_at_a_value_makes_it_young() {
    Lru lru(room_for<Lru>(3 * kShards));
    for (unsigned i = 0; i < 3; ++i) store(lru, key_in_shard(0, i), 0);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)).has_value());
    store(lru, key_in_shard(0, 3), 0);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)).has_value());
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 1)).has_value());
  }

  void storing_again_makes_it_young_and_takes_no_room() {
    Lru lru(room_for<Lru>(2 * kShards));
    store(lru, key_in_shard(0, 0), 1);
    store(lru, key_in_shard(0, 1), 1);
    store(lru, key_in_shard(0, 0), 2);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 1)).has_value());
    store(lru, key_in_shard(0, 0), 3);
    store(lru, key_in_shard(0, 2), 1);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)) == 3);
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 1)).has_value());
  }

  void a_full_shard_pushes_nothing_out_of_another() {
    Lru lru(room_for<Lru>(2 * kShards));
    store(lru, key_in_shard(1, 0), 1);
    for (unsigned i = 0; i < 100; ++i) store(lru, key_in_shard(0, i), 0);
    CPPUNIT_ASSERT(found(lru, key_in_shard(1, 0)) == 1);
  }

  void never_holds_more_than_its_bytes() {
    for (const std::size_t entries : {kShards, 3 * kShards, 100 * kShards}) {
      Lru lru(room_for<Lru>(entries));
      for (int i = 0; i < 5000; ++i) store(lru, key_of(std::to_string(i)), i);
      std::size_t held = 0;
      for (int i = 0; i < 5000; ++i) held += found(lru, key_of(std::to_string(i))) ? 1U : 0U;
      CPPUNIT_ASSERT_EQUAL(entries, held);
    }
  }

  void counts_what_a_value_owns() {
    const std::size_t own = 9 * Lru::entry_bytes();
    Lru lru(room_for<Lru>(20 * kShards));
    for (unsigned i = 0; i < 2; ++i) store(lru, key_in_shard(0, i), 1, Space::kFirst, own);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)).has_value());
    store(lru, key_in_shard(0, 2), 1);
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 1)).has_value());
    // The first one is small now: there is room for as many as if it had always been.
    store(lru, key_in_shard(0, 0), 1);
    for (unsigned i = 3; i < 21; ++i) store(lru, key_in_shard(0, i), 1);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)).has_value());
    store(lru, key_in_shard(0, 21), 1);
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 2)).has_value());
  }

  void keeps_nothing_that_is_larger_than_its_space() {
    Lru lru(room_for<Lru>(3 * kShards));
    store(lru, key_in_shard(0, 0), 1, Space::kFirst, 3 * Lru::entry_bytes());
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 0)).has_value());
    Lru none({0, 0});
    store(none, key_of("a"), 1);
    CPPUNIT_ASSERT(!found(none, key_of("a")).has_value());
  }

  void a_full_space_pushes_nothing_out_of_the_other() {
    Lru lru(room_for<Lru>(2 * kShards));
    store(lru, key_in_shard(0, 0), 1);
    for (unsigned i = 1; i < 100; ++i) store(lru, key_in_shard(0, i), 2, Space::kSecond);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)) == 1);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 99)) == 2);
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 97)).has_value());
  }

  void moves_a_value_from_one_space_to_the_other() {
    Lru lru(room_for<Lru>(kShards));
    store(lru, key_in_shard(0, 0), 1, Space::kSecond);
    store(lru, key_in_shard(0, 0), 2, Space::kFirst);
    store(lru, key_in_shard(0, 1), 3, Space::kSecond);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)) == 2);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 1)) == 3);
    store(lru, key_in_shard(0, 2), 4, Space::kFirst);
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 0)).has_value());
  }

  void tells_whoever_changes_a_value_what_there_is() {
    Lru lru(room_for<Lru>(kShards));
    lru.change(key_of("a"), [](const int* value, Space) -> std::optional<Lru::Entry> {
      CPPUNIT_ASSERT(value == nullptr);
      return std::nullopt;
    });
    CPPUNIT_ASSERT(!found(lru, key_of("a")).has_value());
    store(lru, key_of("a"), 1, Space::kSecond);
    lru.change(key_of("a"), [](const int* value, Space space) -> std::optional<Lru::Entry> {
      CPPUNIT_ASSERT(value != nullptr && *value == 1 && space == Space::kSecond);
      return std::nullopt;
    });
    CPPUNIT_ASSERT(found(lru, key_of("a")) == 1);
  }

  void lets_go_of_what_it_forgets() {
    using Pointers = auth::ShardedLru<std::shared_ptr<int>>;
    Pointers lru(room_for<Pointers>(kShards));
    const auto value = std::make_shared<int>(1);
    const auto put = [&](unsigned number, std::shared_ptr<int> pointer) {
      lru.change(key_in_shard(0, number), [&](const std::shared_ptr<int>*, Pointers::Space) {
        return Pointers::Entry{std::move(pointer)};
      });
    };
    put(0, value);
    CPPUNIT_ASSERT_EQUAL(2L, value.use_count());
    put(1, nullptr);
    CPPUNIT_ASSERT_EQUAL(1L, value.use_count());
    put(1, value);
    put(1, nullptr);
    CPPUNIT_ASSERT_EQUAL(1L, value.use_count());
  }

  void lets_a_value_be_changed_in_place() {
    Lru lru(room_for<Lru>(kShards));
    store(lru, key_of("a"), 1);
    lru.find(key_of("a"), [](int& value, Space) { value = 2; });
    CPPUNIT_ASSERT(found(lru, key_of("a")) == 2);
  }

  void keeps_order_while_many_threads_use_it() {
    Lru lru(room_for<Lru>(64));
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&lru, thread] {
        for (int i = 0; i < 5000; ++i) {
          const TokenKey key = key_of(std::to_string((i * (thread + 3)) % 200));
          store(lru, key, i, i % 3 == 0 ? Space::kSecond : Space::kFirst);
          lru.find(key, [](int& value, Space) { ++value; });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::size_t held = 0;
    for (int i = 0; i < 200; ++i) held += found(lru, key_of(std::to_string(i))) ? 1U : 0U;
    CPPUNIT_ASSERT(held > 0);
    CPPUNIT_ASSERT(held <= 2 * 64);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ShardedLruTest);

}  // namespace
