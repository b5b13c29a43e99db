// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/store/shared_cache.h"
#include "auth/token_validator.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/memory_store.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Reason;
using auth::SecretView;
using auth::TokenValidator;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kDiscovered =
    "{\"issuer\": \"https://issuer.example\", "
    "\"introspection_endpoint\": \"https://issuer.example/found\"}";

// Stopping in words, with everything under way.
class TokenStopTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenStopTest);
  CPPUNIT_TEST(ends_all_who_wait);
  CPPUNIT_TEST(takes_nothing_new_but_answers_for_known_tokens);
  CPPUNIT_TEST(ends_who_waits_for_discovery_and_for_a_turn);
  CPPUNIT_TEST(says_nothing_to_the_operator);
  CPPUNIT_TEST(calls_nobody_once_it_has_stopped);
  CPPUNIT_TEST(may_be_stopped_again_and_destroyed);
  CPPUNIT_TEST(seventy_stops_with_everything_under_way);
  CPPUNIT_TEST_SUITE_END();

  void ends_all_who_wait() {
    make_known("known");
    clock_.advance(seconds(20));
    CPPUNIT_ASSERT(answer_at_once("known").has_value());  // a refresh nobody waits for
    for (int i = 0; i < 10; ++i) authorize("token", token_required_, std::to_string(i));
    validator_->stop();
    for (int i = 0; i < 10; ++i) {
      assert_reason(Reason::kShuttingDown, answers_.wait(std::to_string(i)).answer);
    }
  }

  void takes_nothing_new_but_answers_for_known_tokens() {
    make_known("known");
    validator_->stop();
    CPPUNIT_ASSERT(answer_at_once("known").has_value());
    assert_reason(Reason::kShuttingDown, answer_at_once("unknown"));
    clock_.advance(seconds(20));
    CPPUNIT_ASSERT(answer_at_once("known").has_value());
    validator_->warm_up();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void ends_who_waits_for_discovery_and_for_a_turn() {
    start([](auth::Settings& settings) {
      settings.introspection_url.clear();
      settings.max_in_flight = 2;
    });
    validator_->warm_up();
    for (int i = 0; i < 5; ++i) authorize("token " + std::to_string(i));
    validator_->stop();
    for (int i = 0; i < 5; ++i) {
      assert_reason(Reason::kShuttingDown, answers_.wait("token " + std::to_string(i)).answer);
    }
    http_.answer(200, kDiscovered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
  }

  void says_nothing_to_the_operator() {
    for (int i = 0; i < 10; ++i) authorize("token " + std::to_string(i));
    const support::LogCapture log;
    validator_->stop();
    http_.shut_down();
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void calls_nobody_once_it_has_stopped() {
    for (int i = 0; i < 10; ++i) authorize("token " + std::to_string(i));
    validator_->stop();
    const std::size_t given = answers_.given();
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, given);
    while (http_.waiting() > 0) http_.answer(200, active());
    settle();
    CPPUNIT_ASSERT_EQUAL(given, answers_.given());
    assert_reason(Reason::kShuttingDown, answer_at_once("token 0"));
  }

  void may_be_stopped_again_and_destroyed() {
    authorize("token");
    validator_->stop();
    validator_->stop();
    validator_.reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, answers_.given());
  }

  // A ZITADEL that answers on a thread of its own, after a while. Ends late.
  class SlowIssuer final : public auth::HttpClient {
   public:
    SlowIssuer() : thread_([this] { run(); }) {}
    ~SlowIssuer() override {
      {
        const std::lock_guard lock(mutex_);
        ending_ = true;
      }
      changed_.notify_one();
      thread_.join();
      for (const Done& done : questions_) done(Reason::kShuttingDown);
    }

    void send(auth::HttpRequest, Done done) override {
      {
        const std::lock_guard lock(mutex_);
        questions_.push_back(std::move(done));
      }
      changed_.notify_one();
    }

   private:
    void run() {
      for (int answered = 0;; ++answered) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ending_ || !questions_.empty(); });
        if (ending_) return;
        const Done done = std::move(questions_.front());
        questions_.pop_front();
        lock.unlock();
        std::this_thread::sleep_for(microseconds(answered % 7 * 50));
        done(auth::HttpResponse{200, answered % 5 == 0 ? R"({"active": false})" : active("a")});
      }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Done> questions_;
    bool ending_ = false;
    std::thread thread_;
  };

  // A store that is some way off.
  class SlowStore final : public auth::SharedStore {
   public:
    void get(const auth::StoreKey& key, Found found) override {
      std::this_thread::sleep_for(microseconds(500));
      std::vector<std::string> sealed;
      if (const auto kept = contents_.find(key)) sealed.push_back(kept->entry);
      found(std::move(sealed));
    }
    void put(const auth::StoreKey& key, Entry entry, Keeps keeps, Kept kept) override {
      std::this_thread::sleep_for(microseconds(500));
      contents_.put(key, {std::move(entry.sealed), entry.until}, keeps);
      kept();
    }
    void stop() override {}

   private:
    support::StoreContents contents_;
  };

  // Everything that the validator depends on, each of which may go before it.
  struct House {
    explicit House(const auth::Clock& clock)
        : shared(std::make_unique<auth::SharedCache>(
              std::make_unique<SlowStore>(), *auth::Sealer::make(SecretView("secret"), "context"),
              auth::SharedCache::Lifetimes{seconds(30), seconds(60), seconds(5)}, clock)),
          validator(defaults(), {*http, *authentication, clock, *workers, shared.get()}) {}

    std::unique_ptr<SlowIssuer> http = std::make_unique<SlowIssuer>();
    std::unique_ptr<auth::WorkerPool> workers = std::make_unique<auth::WorkerPool>(2U);
    std::unique_ptr<support::ScriptedAuthentication> authentication =
        std::make_unique<support::ScriptedAuthentication>();
    std::unique_ptr<auth::SharedCache> shared;
    TokenValidator validator;
  };

  // What request threads see.
  struct Callers {
    std::atomic<bool> leaving{false};
    std::atomic<bool> stopped{false};
    std::atomic<int> asked{0};
    std::atomic<int> called{0};
    std::atomic<int> called_late{0};
  };
  static thread_local bool asking;

  void call(TokenValidator& validator, Callers& callers, int first) const {
    for (int i = first; !callers.leaving; i += 3) {
      const std::string token = i % 4 == 0 ? "known" : "token " + std::to_string(i);
      ++callers.asked;
      asking = true;
      const auto waiting = validator.authorize(
          SecretView(token), token_required_, [] { return "192.0.2.1"; },
          [&](const auto&) {
            ++callers.called;
            if (callers.stopped && !asking) ++callers.called_late;
          });
      asking = false;
      if (i % 6 == 0 && waiting.cancel()) --callers.asked;
      if (i % 4 == 0) std::this_thread::sleep_for(microseconds(100));
    }
  }

  void stop_once(int number) {
    support::ManualClock clock;
    House house(clock);
    Callers callers;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&, thread] { call(house.validator, callers, thread); });
    }
    std::this_thread::sleep_for(microseconds(500 + number % 10 * 200));
    clock.advance(seconds(21));  // refreshes are due
    std::this_thread::sleep_for(microseconds(number % 7 * 200));
    house.validator.stop();
    callers.stopped = true;
    std::this_thread::sleep_for(microseconds(300));
    callers.leaving = true;
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(callers.asked.load(), callers.called.load());
    CPPUNIT_ASSERT_EQUAL(0, callers.called_late.load());
    // In an order that nobody would choose.
    house.shared.reset();
    house.authentication.reset();
    if (number % 2 == 0) house.workers.reset();
    house.http.reset();
    house.workers.reset();
  }

  // Each pair of pauses once.
  void seventy_stops_with_everything_under_way() {
    for (int i = 0; i < 70; ++i) stop_once(i);
  }
};

thread_local bool TokenStopTest::asking = false;

CPPUNIT_TEST_SUITE_REGISTRATION(TokenStopTest);

}  // namespace
