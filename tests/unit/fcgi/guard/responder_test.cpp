// SPDX-License-Identifier: Apache-2.0
// Clients that leave while their requests wait for ZITADEL, or after.
#include "fcgi/guard/responder.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/support/fake_exchange.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using fcgi::Exchange;

// Keeps what waits for the client to leave, as a connection does until the answer begins.
class Client final : public fcgi::Departures {
 public:
  void when_gone(fcgi::RequestId /*request*/, std::function<void()> then) override {
    then_.push_back(std::move(then));
  }
  [[nodiscard]] std::size_t watches() const { return then_.size(); }
  void leave() {
    for (const auto& then : std::exchange(then_, {})) then();
  }

 private:
  std::vector<std::function<void()>> then_{};
};

class ResponderTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(ResponderTest);
  CPPUNIT_TEST(a_client_that_leaves_ends_its_waiting);
  CPPUNIT_TEST(a_client_that_leaves_ends_its_waiting_also_if_nothing_is_kept);
  CPPUNIT_TEST(keeps_nothing_for_a_client_who_may_leave_once_the_exchange_has_let_go);
  CPPUNIT_TEST(a_client_that_leaves_after_that_does_no_harm);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    ValidatorFixture::setUp();
    responder_ = std::make_unique<fcgi::Responder>(*validator_, fcgi::ProtectedResource{"realm"},
                                                   fcgi::Cors({}));
  }
  void tearDown() override {
    taken_.reset();
    ValidatorFixture::tearDown();
  }

 private:
  // Asks ZITADEL about the caller's token. The taker lets go of what is kept, as a call of an
  // endpoint that answers later does.
  void admit(std::shared_ptr<const void> kept) {
    auto exchange = std::make_unique<support::FakeExchange>(
        std::vector<std::string>{"REQUEST_METHOD=GET", "HTTP_AUTHORIZATION=Bearer good"}, record_,
        fcgi::ClientWatch(client_, {1, 1}));
    exchange->keep(std::move(kept));
    responder_->admit(std::move(exchange), token_required_,
                      fcgi::Responder::Taker([this](std::unique_ptr<Exchange> asked, auto) {
                        asked->let_go();
                        taken_ = std::move(asked);
                        given_.add();
                      }));
    settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, client_.watches());
  }

  void a_client_that_leaves_ends_its_waiting() {
    auto kept = std::make_shared<const int>(0);
    const std::weak_ptr<const int> left = kept;
    admit(std::move(kept));
    CPPUNIT_ASSERT(!left.expired());  // the exchange keeps it
    client_.leave();
    CPPUNIT_ASSERT(record_->is_over());
    CPPUNIT_ASSERT(left.expired());
    zitadel_answers(200, active());
    CPPUNIT_ASSERT_EQUAL(0, given_.count());
  }

  // So it is without a program that replaces its settings.
  void a_client_that_leaves_ends_its_waiting_also_if_nothing_is_kept() {
    admit(nullptr);
    client_.leave();
    CPPUNIT_ASSERT(record_->is_over());
    zitadel_answers(200, active());
    CPPUNIT_ASSERT_EQUAL(0, given_.count());
  }

  void keeps_nothing_for_a_client_who_may_leave_once_the_exchange_has_let_go() {
    auto kept = std::make_shared<const int>(0);
    const std::weak_ptr<const int> left = kept;
    admit(std::move(kept));
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(given_.reaches(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, client_.watches());
    CPPUNIT_ASSERT(left.expired());
  }

  void a_client_that_leaves_after_that_does_no_harm() {
    int times = 0;
    for (const bool is_kept : {true, false}) {
      admit(is_kept ? std::make_shared<const int>(0) : nullptr);
      zitadel_answers(200, active());
      CPPUNIT_ASSERT(given_.reaches(++times));
      client_.leave();
      CPPUNIT_ASSERT(!record_->is_over());
      taken_->finish({});
      taken_.reset();
      CPPUNIT_ASSERT(record_->response().has_value());
      begin_anew();
    }
  }

  // The token is not known then.
  void begin_anew() {
    responder_.reset();
    start([](auth::Settings&) {});
    responder_ = std::make_unique<fcgi::Responder>(*validator_, fcgi::ProtectedResource{"realm"},
                                                   fcgi::Cors({}));
    record_ = std::make_shared<support::ExchangeRecord>();
  }

  Client client_{};
  std::shared_ptr<support::ExchangeRecord> record_ = std::make_shared<support::ExchangeRecord>();
  std::unique_ptr<Exchange> taken_{};
  support::Counter given_{};
  std::unique_ptr<fcgi::Responder> responder_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResponderTest);

}  // namespace
