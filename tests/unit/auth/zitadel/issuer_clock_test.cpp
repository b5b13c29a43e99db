// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/issuer_clock.h"

#include <cppunit/extensions/HelperMacros.h>

#include "auth/zitadel/clock_watch.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class IssuerClockTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IssuerClockTest);
  CPPUNIT_TEST(is_the_machines_until_it_is_compared);
  CPPUNIT_TEST(is_no_later_than_the_issuers);
  CPPUNIT_TEST(is_no_later_than_the_machines);
  CPPUNIT_TEST(goes_on_whatever_becomes_of_the_machines);
  CPPUNIT_TEST(the_last_answer_counts);
  CPPUNIT_TEST(an_answer_without_a_date_says_nothing);
  CPPUNIT_TEST(the_order_of_questions_stays_the_machines);
  CPPUNIT_TEST_SUITE_END();

  support::ManualClock own_;
  auth::IssuerClock clock_{own_};
  support::ScriptedHttpClient real_;
  auth::ClockWatch http_{real_, own_, &clock_};
  support::LogCapture log_;

  void exchange(seconds ahead, milliseconds takes = milliseconds(0)) {
    http_.send({"https://z.example"}, [](const auto&) {});
    auth::HttpResponse answer{200};
    answer.date = own_.wall() - ahead;
    own_.advance(takes);
    real_.answer(answer);
  }
  seconds behind() const { return own_.wall() - clock_.wall(); }

  void is_the_machines_until_it_is_compared() {
    CPPUNIT_ASSERT(!clock_.is_compared());
    CPPUNIT_ASSERT(clock_.wall() == own_.wall());
    exchange(seconds(0));
    CPPUNIT_ASSERT(clock_.is_compared());
    CPPUNIT_ASSERT(clock_.wall() == own_.wall());
  }

  // The date was cut, so that it may be two seconds later there.
  void is_no_later_than_the_issuers() {
    exchange(hours(1));
    CPPUNIT_ASSERT(behind() == hours(1) - seconds(2));
    own_.advance(hours(5));
    CPPUNIT_ASSERT(behind() == hours(1) - seconds(2));
    exchange(hours(1), seconds(4));
    CPPUNIT_ASSERT(behind() == hours(1) - seconds(2));
  }

  void is_no_later_than_the_machines() {
    constexpr hours kYear(24 * 365);
    for (const seconds ahead : {seconds(-3600), seconds(-1), seconds(0), seconds(2),
                                seconds(-250 * kYear), seconds(-8000 * kYear)}) {
      exchange(ahead);
      CPPUNIT_ASSERT(behind() == seconds(0));
    }
  }

  void goes_on_whatever_becomes_of_the_machines() {
    exchange(seconds(0));
    const auto before = clock_.wall();
    own_.advance(seconds(10));
    own_.set_wall(hours(1));
    CPPUNIT_ASSERT(clock_.wall() == before + seconds(12));
  }

  void the_last_answer_counts() {
    exchange(hours(1));
    own_.set_wall(-hours(1));
    exchange(seconds(0));
    CPPUNIT_ASSERT(behind() == seconds(0));
  }

  void an_answer_without_a_date_says_nothing() {
    http_.send({"https://z.example"}, [](const auto&) {});
    real_.answer(200);
    CPPUNIT_ASSERT(!clock_.is_compared());
  }

  void the_order_of_questions_stays_the_machines() {
    exchange(hours(1));
    CPPUNIT_ASSERT(clock_.now().wall == own_.now().wall);
    CPPUNIT_ASSERT(clock_.now().steady == own_.now().steady);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IssuerClockTest);

}  // namespace
