// SPDX-License-Identifier: Apache-2.0
#include "auth/store/redis_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/support/child.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/redis_server.h"
#include "tests/unit/support/store_entries.h"

namespace {

using auth::RedisStore;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::get;
using support::RedisServer;
using support::store_entry;
using support::store_key;

constexpr seconds kLong{60};  // a deadline that no test reaches
// On a busy machine a deadline takes longer than it should.
constexpr milliseconds kLate = auth::redis::kRedisDeadline * 10;

class RedisStoreTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisStoreTest);
  CPPUNIT_TEST(goes_on_without_a_server_that_is_down_and_returns_to_it);
  CPPUNIT_TEST(goes_on_without_a_server_that_does_not_answer_and_returns_to_it);
  CPPUNIT_TEST(goes_on_without_a_server_that_refuses_its_password_and_returns_to_it);
  CPPUNIT_TEST(goes_on_without_a_server_that_wants_a_password);
  CPPUNIT_TEST(goes_on_without_a_database_that_is_not_there);
  CPPUNIT_TEST(reads_from_a_server_that_is_full_and_writes_when_it_can);
  CPPUNIT_TEST(takes_nothing_from_a_server_full_of_foreign_data);
  CPPUNIT_TEST(keeps_no_entry_that_is_too_large_or_has_ended);
  CPPUNIT_TEST(keeps_what_was_there_where_it_is_to_stay);
  CPPUNIT_TEST(does_not_notice_that_the_server_was_started_anew);
  CPPUNIT_TEST(does_not_notice_that_the_server_was_flushed);
  CPPUNIT_TEST(shows_the_server_nothing_of_what_it_holds);
  CPPUNIT_TEST(lets_the_server_forget_entries_when_they_end);
  CPPUNIT_TEST(needs_no_more_rights_than_it_says);
  CPPUNIT_TEST(tells_other_machines);
  CPPUNIT_TEST(keeps_apart_what_is_in_other_databases);
  CPPUNIT_TEST(keeps_entries_of_all_sizes);
  CPPUNIT_TEST(connects_anew_after_a_fork);
  CPPUNIT_TEST(serves_several_threads_at_once);
  CPPUNIT_TEST_SUITE_END();

  static auth::RedisAddress address(const std::string& url) {
    auto parsed = auth::parse_redis_url(auth::SecretView(url));
    CPPUNIT_ASSERT_MESSAGE(url, parsed.has_value());
    return *std::move(parsed);
  }

  static std::string network_url(const RedisServer& server, const std::string& before = "",
                                 const std::string& behind = "") {
    return "redis://" + before + "127.0.0.1:" + server.port() + behind;
  }
  static std::string socket_url(const RedisServer& server) { return "unix:" + server.socket(); }

  auth::WallTime until() const { return clock_.wall() + seconds(30); }

  bool keeps(RedisStore& store, unsigned number) const {
    support::put(store, number, until());
    return get(store, store_key(number)) == store_entry(number);
  }

  static std::chrono::steady_clock::duration duration_of(const std::function<void()>& run) {
    const auto begun = std::chrono::steady_clock::now();
    run();
    return std::chrono::steady_clock::now() - begun;
  }

  // Neither keeps nor finds anything, does not wait for it more than once, and says it once.
  void expect_out_of_order(RedisStore& store, const support::LogCapture& log,
                           const std::string& why) {
    const auto passed = duration_of([&] {
      for (unsigned i = 0; i < 200; ++i) CPPUNIT_ASSERT(!keeps(store, i));
    });
    CPPUNIT_ASSERT_MESSAGE(log.text(), passed < kLate);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "going on without"));
    CPPUNIT_ASSERT_MESSAGE(log.text(), log.text().ends_with(": " + why + '\n'));
  }

  void expect_return(RedisStore& store, const support::LogCapture& log) {
    CPPUNIT_ASSERT(!keeps(store, 1));
    clock_.advance(auth::kRedisPause);
    CPPUNIT_ASSERT(keeps(store, 1));
    CPPUNIT_ASSERT(keeps(store, 2));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "works again"));
  }

  void goes_on_without_a_server_that_is_down_and_returns_to_it() {
    RedisServer server;
    for (const std::string& url : {network_url(server), socket_url(server)}) {
      RedisStore store(address(url), clock_, kLong);
      CPPUNIT_ASSERT(keeps(store, 1));
      server.stop();
      const support::LogCapture log;
      expect_out_of_order(store, log, "Connection refused");
      server.start();
      expect_return(store, log);
    }
  }

  void goes_on_without_a_server_that_does_not_answer_and_returns_to_it() {
    RedisServer server;
    for (const std::string& url : {network_url(server), socket_url(server)}) {
      RedisStore store(address(url), clock_);
      CPPUNIT_ASSERT(keeps(store, 1));
      server.freeze();
      const support::LogCapture log;
      CPPUNIT_ASSERT(duration_of([&] { CPPUNIT_ASSERT(!get(store, store_key(1))); }) >=
                     auth::redis::kRedisDeadline);
      expect_out_of_order(store, log, "no answer in time");
      server.thaw();
      // What it answers now is not taken for an answer to the next question.
      expect_return(store, log);
    }
  }

  void goes_on_without_a_server_that_refuses_its_password_and_returns_to_it() {
    const RedisServer server({"--requirepass", "swordfish"});
    for (const std::string before : {":shellfish@", "default:shellfish@", "nobody:swordfish@"}) {
      RedisStore store(address(network_url(server, before)), clock_, kLong);
      const support::LogCapture log;
      expect_out_of_order(store, log, "it answers WRONGPASS to AUTH");
      CPPUNIT_ASSERT(log.text().find("fish") == std::string::npos);
    }
    RedisStore store(address(network_url(server, ":shellfish@")), clock_, kLong);
    const support::LogCapture log;
    CPPUNIT_ASSERT(!keeps(store, 1));
    CPPUNIT_ASSERT_EQUAL(std::string("OK"),
                         server.say({"CONFIG", "SET", "requirepass", "shellfish"}, "swordfish"));
    expect_return(store, log);
  }

  void goes_on_without_a_server_that_wants_a_password() {
    RedisServer server({"--requirepass", "swordfish"});
    RedisStore store(address(network_url(server)), clock_, kLong);
    const support::LogCapture log;
    expect_out_of_order(store, log, "it answers NOAUTH to SET");
  }

  void goes_on_without_a_database_that_is_not_there() {
    const RedisServer server({"--databases", "2"});
    RedisStore store(address(network_url(server, "", "/2")), clock_, kLong);
    const support::LogCapture log;
    expect_out_of_order(store, log, "it answers ERR to SELECT");
    RedisStore other(address(network_url(server, "", "/1")), clock_, kLong);
    CPPUNIT_ASSERT(keeps(other, 1));
  }

  void reads_from_a_server_that_is_full_and_writes_when_it_can() {
    const RedisServer server;
    RedisStore store(address(network_url(server)), clock_, kLong);
    CPPUNIT_ASSERT(keeps(store, 1));
    CPPUNIT_ASSERT_EQUAL(std::string("OK"), server.say({"CONFIG", "SET", "maxmemory", "1"}));
    const support::LogCapture log;
    for (unsigned i = 2; i < 100; ++i) {
      CPPUNIT_ASSERT(!keeps(store, i));
      CPPUNIT_ASSERT(get(store, store_key(1)) == store_entry(1));
    }
    CPPUNIT_ASSERT_EQUAL(
        "warn: going on without writing to the shared cache at redis://127.0.0.1:" + server.port() +
            "/0: it answers OOM to SET\n",
        log.text());
    CPPUNIT_ASSERT_EQUAL(std::string("OK"), server.say({"CONFIG", "SET", "maxmemory", "0"}));
    CPPUNIT_ASSERT(!keeps(store, 2));
    clock_.advance(auth::kRedisPause);
    CPPUNIT_ASSERT(keeps(store, 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log.text(), "works again"));
  }

  void takes_nothing_from_a_server_full_of_foreign_data() {
    const RedisServer server;
    const support::LogCapture log;
    RedisStore store(address(network_url(server)), clock_, kLong);
    CPPUNIT_ASSERT(keeps(store, 0));
    const std::string key = server.say({"RANDOMKEY"});
    const std::vector<std::vector<std::string>> foreign{
        {"return tostring(redis.call('LPUSH', KEYS[1], 'a', 'b'))"},
        {"return tostring(redis.call('HSET', KEYS[1], 'a', 'b'))"},
        {"return tostring(redis.call('SET', KEYS[1], ''))"},
        {"return tostring(redis.call('SETRANGE', KEYS[1], 64 * 1024, 'x'))"},
        {"return tostring(redis.call('SETRANGE', KEYS[1], 64 * 1024 * 1024, 'x'))"},
    };
    for (const auto& script : foreign) {
      static_cast<void>(server.say({"FLUSHALL"}));
      static_cast<void>(server.say({"EVAL", script[0], "1", key}));
      CPPUNIT_ASSERT_MESSAGE(script[0], !get(store, store_key(0)));
      CPPUNIT_ASSERT_MESSAGE(script[0], keeps(store, 0));
    }
    // What is no entry is given to the sealer, which takes nothing that it has not made.
    static_cast<void>(server.say({"SET", key, "anything"}));
    CPPUNIT_ASSERT(get(store, store_key(0)) == std::string("anything"));
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void keeps_no_entry_that_is_too_large_or_has_ended() {
    const RedisServer server;
    RedisStore store(address(network_url(server)), clock_, kLong);
    support::put(store, 1, until(), auth::kMaxSealedBytes + 1);
    support::put(store, 2, clock_.wall());
    support::put(store, 3, clock_.wall() - seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), count_keys(server));
  }

  static std::string count_keys(const RedisServer& server) {
    return server.say({"EVAL", "return tostring(redis.call('DBSIZE'))", "0"});
  }

  void keeps_what_was_there_where_it_is_to_stay() {
    const RedisServer server;
    RedisStore store(address(network_url(server)), clock_, kLong);
    std::string asked;
    bool stays = true;
    const auto keeps = [&](std::string_view sealed) {
      asked += std::string(sealed) + ' ';
      return stays;
    };
    support::put(store, store_key(1), {"first", until()}, keeps);
    support::put(store, store_key(1), {"second", until()}, keeps);
    CPPUNIT_ASSERT(get(store, store_key(1)) == std::string("first"));
    stays = false;
    support::put(store, store_key(1), {"third", until()}, keeps);
    CPPUNIT_ASSERT(get(store, store_key(1)) == std::string("third"));
    CPPUNIT_ASSERT_EQUAL(std::string("first first "), asked);
  }

  void does_not_notice_that_the_server_was_started_anew() {
    RedisServer server;
    const support::LogCapture log;
    for (const std::string& url : {network_url(server), socket_url(server)}) {
      RedisStore store(address(url), clock_, kLong);
      CPPUNIT_ASSERT(keeps(store, 1));
      server.stop();
      server.start();
      CPPUNIT_ASSERT(!get(store, store_key(1)));
      CPPUNIT_ASSERT(keeps(store, 1));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void does_not_notice_that_the_server_was_flushed() {
    const RedisServer server;
    const support::LogCapture log;
    RedisStore store(address(network_url(server)), clock_, kLong);
    CPPUNIT_ASSERT(keeps(store, 1));
    static_cast<void>(server.say({"FLUSHALL"}));
    CPPUNIT_ASSERT(!get(store, store_key(1)));
    CPPUNIT_ASSERT(keeps(store, 1));
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void shows_the_server_nothing_of_what_it_holds() {
    const RedisServer server;
    RedisStore store(address(network_url(server)), clock_, kLong);
    support::keep_sealed_user(store, "a-token-that-bears", clock_.wall(), until());
    const std::string key = server.say({"RANDOMKEY"});
    CPPUNIT_ASSERT_EQUAL(std::string("zitadel-fcgi:1:"), key.substr(0, 15));
    CPPUNIT_ASSERT_EQUAL(std::size_t{15 + 64}, key.size());
    CPPUNIT_ASSERT(key.find_first_not_of("0123456789abcdef", 15) == std::string::npos);
    const std::string all = key.substr(15) + server.say({"GET", key}) + server.say({"DUMP", key});
    for (const char* const part :
         {"token", "bears", "subject", "4711", "heidi", "example", "read", "messages", "org"}) {
      CPPUNIT_ASSERT_MESSAGE(part, all.find(part) == std::string::npos);
    }
  }

  void lets_the_server_forget_entries_when_they_end() {
    const RedisServer server;
    RedisStore store(address(network_url(server)), clock_, kLong);
    support::put(store, 1, clock_.wall() + seconds(1234));
    const std::string left =
        server.say({"EVAL", "return tostring(redis.call('TTL', redis.call('RANDOMKEY')))", "0"});
    CPPUNIT_ASSERT_MESSAGE(left, std::stoi(left) <= 1234 && std::stoi(left) > 1234 - 60);
  }

  void needs_no_more_rights_than_it_says() {
    const RedisServer server;
    CPPUNIT_ASSERT_EQUAL(std::string("OK"), server.say({"ACL", "SETUSER", "cache", "on",
                                                        ">swordfish", "~zitadel-fcgi:1:*", "-@all",
                                                        "+getrange", "+set", "+select"}));
    const support::LogCapture log;
    RedisStore store(address(network_url(server, "cache:swordfish@", "/3")), clock_, kLong);
    CPPUNIT_ASSERT_MESSAGE(log.text(), keeps(store, 1));
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void tells_other_machines() {
    const RedisServer server;
    RedisStore one(address(network_url(server)), clock_, kLong);
    CPPUNIT_ASSERT(keeps(one, 1));
    RedisStore another(address(socket_url(server)), clock_, kLong);
    CPPUNIT_ASSERT(get(another, store_key(1)) == store_entry(1));
    CPPUNIT_ASSERT(!get(another, store_key(2)));
    RedisStore by_name(address("redis://localhost:" + server.port()), clock_, kLong);
    CPPUNIT_ASSERT(get(by_name, store_key(1)) == store_entry(1));
  }

  void keeps_apart_what_is_in_other_databases() {
    const RedisServer server;
    RedisStore one(address(network_url(server, "", "/1")), clock_, kLong);
    CPPUNIT_ASSERT(keeps(one, 1));
    RedisStore another(address(socket_url(server) + "?db=2"), clock_, kLong);
    CPPUNIT_ASSERT(!get(another, store_key(1)));
    RedisStore same(address(socket_url(server) + "?db=1"), clock_, kLong);
    CPPUNIT_ASSERT(get(same, store_key(1)) == store_entry(1));
  }

  void keeps_entries_of_all_sizes() {
    const RedisServer server;
    RedisStore store(address(network_url(server)), clock_, kLong);
    for (const std::size_t size : {1UL, 2UL, 16UL << 10, (16UL << 10) + 1, auth::kMaxSealedBytes}) {
      std::string entry(size, '\0');
      for (std::size_t i = 0; i < size; ++i) entry[i] = static_cast<char>(i);
      support::put(store, store_key(1), {entry, until()});
      CPPUNIT_ASSERT(get(store, store_key(1)) == entry);
    }
  }

  void connects_anew_after_a_fork() {
    const RedisServer server;
    const support::LogCapture log;
    RedisStore store(address(network_url(server)), clock_, kLong);
    CPPUNIT_ASSERT(keeps(store, 1));
    support::Child child([&] {
      for (unsigned i = 0; i < 300; ++i) {
        if (get(store, store_key(1)) != store_entry(1) || !keeps(store, 2)) return false;
      }
      return true;
    });
    for (unsigned i = 0; i < 300; ++i) {
      CPPUNIT_ASSERT(get(store, store_key(1)) == store_entry(1));
      CPPUNIT_ASSERT(keeps(store, 3));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), child.wait());
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void serves_several_threads_at_once() {
    const RedisServer server;
    const support::LogCapture log;
    RedisStore store(address(network_url(server)), clock_, kLong);
    std::atomic<unsigned> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (unsigned i = t; i < 400; i += 8) {
          if (!keeps(store, i)) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), 0U, wrong.load());
    CPPUNIT_ASSERT_EQUAL(std::string("400"), count_keys(server));
  }

  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisStoreTest);

}  // namespace
