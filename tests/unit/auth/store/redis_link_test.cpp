// SPDX-License-Identifier: Apache-2.0
// A RedisStore that asks much at once, of a server that is far away or silent, and is stopped
// meanwhile: nobody waits, and everybody is called back once.
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "auth/base/worker_pool.h"
#include "auth/store/redis_store.h"
#include "auth/store/shared_cache.h"
#include "tests/unit/support/far_away.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/redis_server.h"
#include "tests/unit/support/store_entries.h"

namespace {

using auth::Reason;
using auth::RedisStore;
using auth::SharedCache;
using auth::SharedEntry;
using auth::SharedStore;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::FarAway;
using support::get;
using support::get_all;
using support::RedisServer;
using support::store_entry;
using support::store_key;

constexpr milliseconds kAway{10};
constexpr seconds kLong{60};  // a deadline that no test reaches
const std::string kToken = "token";

class RedisLinkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisLinkTest);
  CPPUNIT_TEST(asks_no_more_than_it_can_bear);
  CPPUNIT_TEST(stop_ends_what_nobody_answers);
  CPPUNIT_TEST(asks_nothing_after_stop);
  CPPUNIT_TEST(stops_before_it_was_used);
  CPPUNIT_TEST(stops_at_any_moment_of_a_server_that_is_silent);
  CPPUNIT_TEST(stops_at_any_moment_of_a_server_that_is_far_away);
  CPPUNIT_TEST(no_answer_on_its_way_takes_the_place_of_a_refusal);
  CPPUNIT_TEST(a_newer_answer_counts_beside_an_older_refusal);
  CPPUNIT_TEST(asks_many_on_one_way_there_and_back);
  CPPUNIT_TEST(keeps_many_on_one_way_there_and_back);
  CPPUNIT_TEST_SUITE_END();

  static auth::RedisAddress address(const std::string& port) {
    auto parsed = auth::parse_redis_url(auth::SecretView("redis://127.0.0.1:" + port));
    return *std::move(parsed);
  }

  auth::WallTime until() const { return clock_.wall() + seconds(30); }

  // Of many gets of one store.
  struct Found {
    std::atomic<unsigned> calls{0};
    std::atomic<unsigned> entries{0};

    [[nodiscard]] SharedStore::Found call_back() {
      return [this](const std::vector<std::string>& sealed) {
        entries += static_cast<unsigned>(sealed.size());
        ++calls;
      };
    }
  };

  void asks_no_more_than_it_can_bear() {
    const RedisServer server;
    server.freeze();
    Found found;
    RedisStore store(address(server.port()), clock_, kLong);
    for (unsigned i = 0; i < auth::redis::kMaxRedisQuestions; ++i) {
      store.get(store_key(i), found.call_back());
    }
    CPPUNIT_ASSERT_EQUAL(0U, found.calls.load());
    for (unsigned i = 1; i <= 10; ++i) {
      store.get(store_key(i), found.call_back());
      CPPUNIT_ASSERT_EQUAL(i, found.calls.load());
    }
    server.thaw();
  }

  void stop_ends_what_nobody_answers() {
    const RedisServer server;
    server.freeze();
    Found found;
    std::atomic<unsigned> kept{0};
    RedisStore store(address(server.port()), clock_, kLong);
    const support::LogCapture log;
    for (unsigned i = 0; i < 100; ++i) {
      store.get(store_key(i), found.call_back());
      store.put(store_key(i), {store_entry(i), until()}, {}, [&] { ++kept; });
    }
    CPPUNIT_ASSERT_EQUAL(0U, found.calls + kept);
    store.stop();
    CPPUNIT_ASSERT_EQUAL(100U, found.calls.load());
    CPPUNIT_ASSERT_EQUAL(0U, found.entries.load());
    CPPUNIT_ASSERT_EQUAL(100U, kept.load());
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
    server.thaw();
  }

  void asks_nothing_after_stop() {
    const RedisServer server;
    RedisStore store(address(server.port()), clock_, kLong);
    support::put(store, 1, until());
    CPPUNIT_ASSERT(get(store, store_key(1)) == store_entry(1));
    for (int i = 0; i < 2; ++i) {
      store.stop();
      CPPUNIT_ASSERT(!get(store, store_key(1)));
      support::put(store, 2, until());
    }
    RedisStore another(address(server.port()), clock_, kLong);
    CPPUNIT_ASSERT(!get(another, store_key(2)));
  }

  void stops_before_it_was_used() {
    RedisStore store(address("1"), clock_);
    store.stop();
    CPPUNIT_ASSERT(!get(store, store_key(1)));
  }

  static constexpr unsigned kMoments = 50;  // half a millisecond apart: two ways there and back

  // What a process does: two workers ask the others about tokens, then tell them, while it is told
  // to stop. All of that is destroyed right after.
  void stop_a_process(const std::string& port, unsigned number) {
    constexpr unsigned kTokens = 20;
    auto sealer = auth::Sealer::make(auth::SecretView("a secret"), "settings");
    auto cache = std::make_unique<SharedCache>(std::make_unique<RedisStore>(address(port), clock_),
                                               *std::move(sealer),
                                               SharedCache::Lifetimes{kLong, {}, {}}, clock_);
    std::atomic<unsigned> asked{0};
    std::atomic<unsigned> told{0};
    auto pool = std::make_unique<auth::WorkerPool>(2U);
    auth::WorkerPool* const workers = pool.get();
    for (unsigned i = 0; i < kTokens; ++i) {
      const auto token = std::make_shared<const std::string>("token " + std::to_string(number) +
                                                             ' ' + std::to_string(i));
      const auto tell = [&, token] {
        cache->store(auth::SecretView(*token), {clock_.wall(), {}, Reason::kInactive}, false,
                     [&told, token](const std::optional<SharedEntry>&) { ++told; });
      };
      workers->run([&, token, workers, tell] {
        cache->find(auth::SecretView(*token),
                    [&asked, token, workers, tell](const std::optional<SharedEntry>&) {
                      ++asked;
                      workers->run(tell);
                    });
      });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(number * 500));
    cache->stop();
    pool = nullptr;  // runs what is queued
    cache = nullptr;
    CPPUNIT_ASSERT_EQUAL(kTokens, asked.load());
    CPPUNIT_ASSERT_EQUAL(kTokens, told.load());
  }

  void stops_at_any_moment_of_a_server_that_is_silent() {
    const support::LogCapture log;
    const RedisServer server;
    server.freeze();
    for (unsigned i = 0; i < kMoments; ++i) stop_a_process(server.port(), i);
    server.thaw();
  }

  void stops_at_any_moment_of_a_server_that_is_far_away() {
    const support::LogCapture log;
    const RedisServer server;
    const FarAway way(static_cast<std::uint16_t>(std::stoi(server.port())), kAway);
    for (unsigned i = 0; i < kMoments; ++i) stop_a_process(way.port(), i);
  }

  // Each in a process of its own.
  [[nodiscard]] std::unique_ptr<SharedCache> cache(const RedisServer& server) const {
    return std::make_unique<SharedCache>(
        std::make_unique<RedisStore>(address(server.port()), clock_, kLong),
        *auth::Sealer::make(auth::SecretView("a secret"), "settings"),
        SharedCache::Lifetimes{kLong, {}, {}}, clock_);
  }
  void learn(const RedisServer& server, const SharedEntry& entry) const {
    static_cast<void>(support::store(*cache(server), auth::SecretView(kToken), entry));
  }
  [[nodiscard]] std::optional<SharedEntry> known(const RedisServer& server) const {
    const support::Awaited<std::optional<SharedEntry>> found;
    const auto one = cache(server);
    one->find(auth::SecretView(kToken), found.call_back());
    return found.get();
  }
  [[nodiscard]] SharedEntry active(seconds age) const {
    return {clock_.wall() - age, std::make_shared<const auth::Claims>(
                                     auth::ClaimsBuilder().subject("somebody").build())};
  }

  // As from a process that has looked before the refusal came.
  void put_blindly(const RedisServer& server, const SharedEntry& entry) const {
    const auto sealer = auth::Sealer::make(auth::SecretView("a secret"), "settings");
    RedisStore store(address(server.port()), clock_, kLong);
    const auth::SecretView token(kToken);
    support::put(store, *sealer->key_of(token), {*sealer->seal(token, entry, until()), until()});
  }

  void no_answer_on_its_way_takes_the_place_of_a_refusal() {
    const RedisServer server;
    learn(server, {clock_.wall() - seconds(1), {}, Reason::kInactive});
    put_blindly(server, active(seconds(2)));
    CPPUNIT_ASSERT(known(server)->refusal == Reason::kInactive);
    learn(server, active(seconds(2)));
    CPPUNIT_ASSERT(known(server)->refusal == Reason::kInactive);
  }

  void a_newer_answer_counts_beside_an_older_refusal() {
    const RedisServer server;
    learn(server, {clock_.wall() - seconds(2), {}, Reason::kInactive});
    learn(server, active(seconds(1)));
    CPPUNIT_ASSERT(known(server)->claims != nullptr);
    learn(server, {clock_.wall(), {}, Reason::kInactive});
    CPPUNIT_ASSERT(known(server)->refusal == Reason::kInactive);
  }

  // 200 times 10 ms, one after the other, would be 2 s.
  template <typename Begin>
  void expect_one_way(const Begin& begin) {
    constexpr unsigned kMany = 200;
    std::atomic<unsigned> left{kMany};
    std::promise<void> all;
    const auto begun = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < kMany; ++i) {
      begin(i, [&] {
        if (--left == 0) all.set_value();
      });
    }
    CPPUNIT_ASSERT(all.get_future().wait_for(kLong) == std::future_status::ready);
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begun < kMany * kAway / 2);
  }

  void asks_many_on_one_way_there_and_back() {
    const RedisServer server;
    const FarAway way(static_cast<std::uint16_t>(std::stoi(server.port())), kAway);
    RedisStore near(address(server.port()), clock_, kLong);
    for (unsigned i = 0; i < 200; ++i) support::put(near, i, until());
    RedisStore store(address(way.port()), clock_, kLong);
    std::atomic<unsigned> wrong{0};
    expect_one_way([&](unsigned i, const auto& done) {
      store.get(store_key(i), [&wrong, i, done](const std::vector<std::string>& sealed) {
        if (sealed != std::vector{store_entry(i)}) ++wrong;
        done();
      });
    });
    CPPUNIT_ASSERT_EQUAL(0U, wrong.load());
  }

  void keeps_many_on_one_way_there_and_back() {
    const RedisServer server;
    const FarAway way(static_cast<std::uint16_t>(std::stoi(server.port())), kAway);
    RedisStore store(address(way.port()), clock_, kLong);
    expect_one_way([&](unsigned i, const auto& done) {
      store.put(
          store_key(i), {store_entry(i), until()}, [](std::string_view) { return false; }, done);
    });
    RedisStore near(address(server.port()), clock_, kLong);
    for (unsigned i = 0; i < 200; ++i) CPPUNIT_ASSERT(get(near, store_key(i)) == store_entry(i));
  }

  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisLinkTest);

}  // namespace
