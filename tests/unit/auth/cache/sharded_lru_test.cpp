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

constexpr std::size_t kShards = 16;  // what the capacity is rounded up to

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
  lru.find(key, [&](int each) { value = each; });
  return value;
}

class ShardedLruTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ShardedLruTest);
  CPPUNIT_TEST(finds_nothing_in_an_empty_one);
  CPPUNIT_TEST(forgets_what_was_used_longest_ago);
  CPPUNIT_TEST(looking_at_a_value_makes_it_young);
  CPPUNIT_TEST(storing_again_makes_it_young_and_takes_no_room);
  CPPUNIT_TEST(a_full_shard_pushes_nothing_out_of_another);
  CPPUNIT_TEST(never_holds_more_than_its_capacity);
  CPPUNIT_TEST(holds_at_least_one_of_each_shard);
  CPPUNIT_TEST(lets_go_of_what_it_forgets);
  CPPUNIT_TEST(erases_one_and_makes_room);
  CPPUNIT_TEST(lets_a_value_be_changed_in_place);
  CPPUNIT_TEST(keeps_order_while_many_threads_use_it);
  CPPUNIT_TEST_SUITE_END();

  void finds_nothing_in_an_empty_one() {
    Lru lru(100);
    CPPUNIT_ASSERT(!found(lru, key_of("a")).has_value());
    lru.erase(key_of("a"));
    CPPUNIT_ASSERT(!found(lru, key_of("a")).has_value());
  }

  void forgets_what_was_used_longest_ago() {
    Lru lru(3 * kShards);
    for (unsigned i = 0; i < 4; ++i) lru.store(key_in_shard(0, i), static_cast<int>(i));
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 0)).has_value());
    for (unsigned i = 1; i < 4; ++i) CPPUNIT_ASSERT(found(lru, key_in_shard(0, i)).has_value());
  }

  void looking_at_a_value_makes_it_young() {
    Lru lru(3 * kShards);
    for (unsigned i = 0; i < 3; ++i) lru.store(key_in_shard(0, i), 0);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)).has_value());
    lru.store(key_in_shard(0, 3), 0);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)).has_value());
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 1)).has_value());
  }

  void storing_again_makes_it_young_and_takes_no_room() {
    Lru lru(2 * kShards);
    lru.store(key_in_shard(0, 0), 1);
    lru.store(key_in_shard(0, 1), 1);
    lru.store(key_in_shard(0, 0), 2);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 1)).has_value());
    lru.store(key_in_shard(0, 0), 3);
    lru.store(key_in_shard(0, 2), 1);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)) == 3);
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 1)).has_value());
  }

  void a_full_shard_pushes_nothing_out_of_another() {
    Lru lru(2 * kShards);
    lru.store(key_in_shard(1, 0), 1);
    for (unsigned i = 0; i < 100; ++i) lru.store(key_in_shard(0, i), 0);
    CPPUNIT_ASSERT(found(lru, key_in_shard(1, 0)) == 1);
  }

  void never_holds_more_than_its_capacity() {
    for (const std::size_t capacity :
         {std::size_t{1}, kShards - 1, kShards + 1, std::size_t{100}}) {
      Lru lru(capacity);
      for (int i = 0; i < 2000; ++i) lru.store(key_of(std::to_string(i)), i);
      std::size_t held = 0;
      for (int i = 0; i < 2000; ++i) held += found(lru, key_of(std::to_string(i))) ? 1U : 0U;
      const std::size_t rounded = (capacity + kShards - 1) / kShards * kShards;
      CPPUNIT_ASSERT_EQUAL(rounded, held);
    }
  }

  void holds_at_least_one_of_each_shard() {
    Lru lru(0);
    lru.store(key_of("a"), 1);
    CPPUNIT_ASSERT(found(lru, key_of("a")) == 1);
  }

  void lets_go_of_what_it_forgets() {
    auth::ShardedLru<std::shared_ptr<int>> lru(kShards);
    const auto value = std::make_shared<int>(1);
    lru.store(key_in_shard(0, 0), value);
    CPPUNIT_ASSERT_EQUAL(2L, value.use_count());
    lru.store(key_in_shard(0, 1), nullptr);
    CPPUNIT_ASSERT_EQUAL(1L, value.use_count());
    lru.store(key_in_shard(0, 1), value);
    lru.erase(key_in_shard(0, 1));
    CPPUNIT_ASSERT_EQUAL(1L, value.use_count());
  }

  void erases_one_and_makes_room() {
    Lru lru(2 * kShards);
    lru.store(key_in_shard(0, 0), 0);
    lru.store(key_in_shard(0, 1), 1);
    lru.erase(key_in_shard(0, 1));
    CPPUNIT_ASSERT(!found(lru, key_in_shard(0, 1)).has_value());
    lru.store(key_in_shard(0, 2), 2);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 0)) == 0);
    CPPUNIT_ASSERT(found(lru, key_in_shard(0, 2)) == 2);
  }

  void lets_a_value_be_changed_in_place() {
    Lru lru(kShards);
    lru.store(key_of("a"), 1);
    lru.find(key_of("a"), [](int& value) { value = 2; });
    CPPUNIT_ASSERT(found(lru, key_of("a")) == 2);
  }

  void keeps_order_while_many_threads_use_it() {
    Lru lru(64);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&lru, thread] {
        for (int i = 0; i < 5000; ++i) {
          const TokenKey key = key_of(std::to_string((i * (thread + 3)) % 200));
          lru.store(key, i);
          lru.find(key, [](int& value) { ++value; });
          if (i % 7 == 0) lru.erase(key);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::size_t held = 0;
    for (int i = 0; i < 200; ++i) held += found(lru, key_of(std::to_string(i))) ? 1U : 0U;
    CPPUNIT_ASSERT(held > 0);
    CPPUNIT_ASSERT(held <= 64);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ShardedLruTest);

}  // namespace
