// SPDX-License-Identifier: Apache-2.0
// Reloads while requests that began under earlier settings do not end.
#include "fcgi/sites_in_force.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "tests/unit/support/gate.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/settings_fixture.h"

namespace {

using fcgi::Sites;

using Held = std::vector<std::function<void()>>;

// A request whose body never ends: what waits for it, and owns it, is kept in a list.
class SlowExchange final : public fcgi::Exchange {
 public:
  explicit SlowExchange(Held& held) : held_(held) {}

  [[nodiscard]] const fcgi::Request& request() const noexcept override { return request_; }
  void when_body(std::function<void()> then) override { held_.push_back(std::move(then)); }
  void finish(const fcgi::Response& /*response*/) override {}
  [[nodiscard]] std::unique_ptr<fcgi::AnswerStream> begin(const fcgi::Response&) override {
    return nullptr;
  }

 private:
  static constexpr const char* kVariables[] = {"REQUEST_METHOD=POST", "PATH_INFO=/slow", nullptr};

  const fcgi::Request request_{kVariables};
  Held& held_;
};

class SitesInForceTest : public support::SettingsFixture {
  CPPUNIT_TEST_SUITE(SitesInForceTest);
  CPPUNIT_TEST(the_fifth_reload_waits_until_one_of_the_first_is_stopped_and_no_longer);
  CPPUNIT_TEST(a_reload_that_waits_is_told_once);
  CPPUNIT_TEST(no_more_are_held_than_may_be);
  CPPUNIT_TEST(an_exchange_that_is_over_brings_no_sites_back);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    SettingsFixture::setUp();
    log_.emplace(auth::LogLevel::kWarn);
    router_.add("/slow", {"POST"}, "public",
                [](const fcgi::Request&, const auth::Claims&) { return fcgi::Response{}; });
  }
  void tearDown() override {
    sites_.reset();
    held_.clear();
    log_.reset();
    SettingsFixture::tearDown();
  }

 private:
  // Until they are stopped, sites have three times twice that.
  static constexpr const char* kShort = "20";
  static constexpr const char* kLong = "60000";

  // Of an instance that nobody reaches.
  [[nodiscard]] std::unique_ptr<Sites> make(const Sites* before) const {
    auto settings =
        load_with(working_with({"ZITADEL_DOMAIN=https://127.0.0.1:1", "ZITADEL_CACHE_TTL=0",
                                std::string("ZITADEL_CONNECT_TIMEOUT_MS=") + timeout_,
                                std::string("ZITADEL_TIMEOUT_MS=") + timeout_}));
    if (!settings) return nullptr;
    std::vector<auth::Settings> all;
    all.push_back(*std::move(settings));
    auto made =
        Sites::make(std::move(all), {router_, clock_, auth::Lifespan::kManyRequests}, before);
    return made ? *std::move(made) : nullptr;
  }

  void start(const char* timeout, std::size_t most_held = fcgi::kMostSitesHeld) {
    timeout_ = timeout;
    auto first = make(nullptr);
    CPPUNIT_ASSERT(first != nullptr);
    sites_.emplace(
        std::move(first), [this](const Sites& in_force) { return make(&in_force); },
        [this](bool is_in_force) {
          if (is_in_force) settled_.add();
        },
        most_held);
    sites_->start();
  }

  // A request begins that does not end, and then other sites are asked for.
  void begin_one_and_reload() {
    sites_->handle(std::make_unique<SlowExchange>(held_));
    sites_->renew();
  }

  [[nodiscard]] std::size_t told() const {
    return support::lines_with(log_->text(), "warn: the changed settings wait until requests");
  }

  [[nodiscard]] bool is_told(std::size_t times) const {
    const auto end = std::chrono::steady_clock::now() + support::kPatience;
    while (told() < times && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(fcgi::kSiteLook);
    }
    return told() == times;
  }

  void the_fifth_reload_waits_until_one_of_the_first_is_stopped_and_no_longer() {
    start(kShort);
    for (int n = 1; n <= 6; ++n) {
      begin_one_and_reload();
      CPPUNIT_ASSERT_MESSAGE(std::to_string(n), settled_.reaches(n));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, held_.size());  // none has ended
  }

  void a_reload_that_waits_is_told_once() {
    start(kLong);
    for (int n = 1; n <= 4; ++n) {
      begin_one_and_reload();
      CPPUNIT_ASSERT_MESSAGE(std::to_string(n), settled_.reaches(n));
    }
    for (int n = 5; n <= 6; ++n) {
      begin_one_and_reload();
      const auto times = static_cast<std::size_t>(n - 4);
      CPPUNIT_ASSERT(is_told(times));
      // A second SIGHUP meanwhile begins no other waiting.
      sites_->renew();
      std::this_thread::sleep_for(4 * fcgi::kSiteLook);
      CPPUNIT_ASSERT_EQUAL(times, told());
      CPPUNIT_ASSERT_EQUAL(n - 1, settled_.count());
      held_.erase(held_.begin());
      CPPUNIT_ASSERT(settled_.reaches(n));
    }
  }

  void no_more_are_held_than_may_be() {
    start(kShort, 2);
    for (int n = 1; n <= 2; ++n) {
      begin_one_and_reload();
      CPPUNIT_ASSERT(settled_.reaches(n));
    }
    begin_one_and_reload();
    CPPUNIT_ASSERT(is_told(1));
    std::this_thread::sleep_for(10 * fcgi::kSiteLook);  // both are stopped by now
    CPPUNIT_ASSERT_EQUAL(2, settled_.count());
    held_.erase(held_.begin());
    CPPUNIT_ASSERT(settled_.reaches(3));
  }

  // The thread takes sites for its own once nobody else holds them.
  void an_exchange_that_is_over_brings_no_sites_back() {
    start(kLong);
    auto exchange = std::make_unique<SlowExchange>(held_);
    const fcgi::Exchange& asked = *exchange;
    sites_->handle(std::move(exchange));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, held_.size());
    const std::weak_ptr<const void> kept = asked.kept();
    CPPUNIT_ASSERT(!kept.expired());
    held_.clear();
    CPPUNIT_ASSERT(kept.expired());  // although these sites are still in force
  }

  const char* timeout_ = kShort;
  std::optional<support::LogCapture> log_{};
  const auth::SystemClock clock_{};
  fcgi::Router router_{};
  Held held_{};
  support::Counter settled_{};
  std::optional<fcgi::SitesInForce> sites_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(SitesInForceTest);

}  // namespace
