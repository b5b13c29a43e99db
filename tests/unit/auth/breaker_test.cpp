#include "auth/breaker.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/support/manual_clock.h"

namespace {

using auth::Breaker;
using auth::Error;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;

class BreakerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BreakerTest);
  CPPUNIT_TEST(opens_after_five_failures_in_a_row);
  CPPUNIT_TEST(a_success_in_between_starts_the_count_again);
  CPPUNIT_TEST(open_it_lets_one_trial_through_a_second);
  CPPUNIT_TEST(a_failed_trial_leaves_it_open);
  CPPUNIT_TEST(a_trial_that_succeeds_closes_it);
  CPPUNIT_TEST(failures_that_arrive_late_do_not_put_the_trial_off);
  CPPUNIT_TEST(no_answer_about_one_token_keeps_the_others_out);
  CPPUNIT_TEST(honours_retry_after_from_the_first_429_on);
  CPPUNIT_TEST(says_how_much_of_retry_after_is_left);
  CPPUNIT_TEST(waits_a_second_after_a_429_that_names_no_time);
  CPPUNIT_TEST(a_success_does_not_cut_retry_after_short);
  CPPUNIT_TEST(a_429_is_no_failure_in_a_row);
  CPPUNIT_TEST_SUITE_END();

  support::ManualClock clock_;
  Breaker breaker_{clock_};

  void fail(int times) {
    for (int i = 0; i < times; ++i) breaker_.failed({Reason::kTimedOut});
  }

  void opens_after_five_failures_in_a_row() {
    for (int failures = 0; failures < auth::kFailuresToOpen; ++failures) {
      CPPUNIT_ASSERT(!breaker_.refuse());
      fail(1);
    }
    const auto refused = breaker_.refuse();
    CPPUNIT_ASSERT(refused.has_value());
    CPPUNIT_ASSERT(refused->reason == Reason::kCircuitOpen);
    CPPUNIT_ASSERT(refused->retry_after == seconds(1));
  }

  void a_success_in_between_starts_the_count_again() {
    fail(auth::kFailuresToOpen - 1);
    breaker_.succeeded();
    fail(auth::kFailuresToOpen - 1);
    CPPUNIT_ASSERT(!breaker_.refuse());
    fail(1);
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
  }

  void open_it_lets_one_trial_through_a_second() {
    fail(auth::kFailuresToOpen);
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!breaker_.refuse());
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!breaker_.refuse());
  }

  void a_failed_trial_leaves_it_open() {
    fail(auth::kFailuresToOpen);
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!breaker_.refuse());
    fail(1);
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
  }

  void a_trial_that_succeeds_closes_it() {
    fail(auth::kFailuresToOpen);
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!breaker_.refuse());
    breaker_.succeeded();
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(!breaker_.refuse());
  }

  void failures_that_arrive_late_do_not_put_the_trial_off() {
    fail(auth::kFailuresToOpen);
    clock_.advance(milliseconds(900));
    fail(100);
    clock_.advance(milliseconds(100));
    CPPUNIT_ASSERT(!breaker_.refuse());
  }

  void no_answer_about_one_token_keeps_the_others_out() {
    fail(auth::kFailuresToOpen - 1);
    for (const Reason reason : {Reason::kAnswerTooLarge, Reason::kMalformedAnswer}) {
      for (int i = 0; i < 10; ++i) breaker_.failed({reason});
      CPPUNIT_ASSERT(!breaker_.refuse());
    }
    fail(1);
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
  }

  void honours_retry_after_from_the_first_429_on() {
    breaker_.failed({Reason::kRateLimited, "", seconds(30)});
    CPPUNIT_ASSERT(breaker_.refuse()->reason == Reason::kRateLimited);
    clock_.advance(milliseconds(29'999));
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!breaker_.refuse());
  }

  void says_how_much_of_retry_after_is_left() {
    breaker_.failed({Reason::kRateLimited, "", seconds(30)});
    CPPUNIT_ASSERT(breaker_.refuse()->retry_after == seconds(30));
    clock_.advance(milliseconds(10'500));
    CPPUNIT_ASSERT(breaker_.refuse()->retry_after == seconds(20));  // rounded up
  }

  void waits_a_second_after_a_429_that_names_no_time() {
    breaker_.failed({Reason::kRateLimited});
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!breaker_.refuse());
  }

  void a_success_does_not_cut_retry_after_short() {
    breaker_.failed({Reason::kRateLimited, "", seconds(30)});
    breaker_.succeeded();
    CPPUNIT_ASSERT(breaker_.refuse().has_value());
  }

  void a_429_is_no_failure_in_a_row() {
    for (int i = 0; i < 2 * auth::kFailuresToOpen; ++i) {
      breaker_.failed({Reason::kRateLimited, "", seconds(1)});
    }
    clock_.advance(seconds(1));
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!breaker_.refuse());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BreakerTest);

}  // namespace
