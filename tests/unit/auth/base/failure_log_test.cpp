// SPDX-License-Identifier: Apache-2.0
#include "auth/base/failure_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::Error;
using auth::FailureLog;
using auth::Reason;
using support::lines_with;

class FailureLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FailureLogTest);
  CPPUNIT_TEST(says_nothing_of_what_callers_do_wrong);
  CPPUNIT_TEST(says_nothing_of_what_ends_because_the_program_stops);
  CPPUNIT_TEST(warns_of_what_is_zitadels_and_calls_what_is_ours_an_error);
  CPPUNIT_TEST(writes_one_line_a_second_for_each_reason);
  CPPUNIT_TEST(tells_how_many_were_left_out);
  CPPUNIT_TEST_SUITE_END();

  support::ManualClock clock_;
  FailureLog failures_{clock_};

  void says_nothing_of_what_callers_do_wrong() {
    const support::LogCapture log;
    for (const Reason reason :
         {Reason::kMalformedAuthorization, Reason::kNoToken, Reason::kInactive, Reason::kExpired,
          Reason::kWrongAudience, Reason::kRoleMissing, Reason::kWrongOrganisation}) {
      failures_.add({reason, "detail"});
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void says_nothing_of_what_ends_because_the_program_stops() {
    const support::LogCapture log;
    failures_.add({Reason::kShuttingDown});
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void warns_of_what_is_zitadels_and_calls_what_is_ours_an_error() {
    const support::LogCapture log;
    failures_.add({Reason::kTimedOut, "while connecting"});
    failures_.add({Reason::kClientAuthenticationRefused, "key id 1"});
    const std::string timed_out(auth::describe(Reason::kTimedOut));
    const std::string refused(auth::describe(Reason::kClientAuthenticationRefused));
    CPPUNIT_ASSERT_EQUAL(
        "warn: " + timed_out + ": while connecting\nerror: " + refused + ": key id 1\n",
        log.text());
  }

  void writes_one_line_a_second_for_each_reason() {
    const support::LogCapture log;
    for (int tenths = 0; tenths < 30; ++tenths) {
      failures_.add({Reason::kTimedOut, "slow"});
      failures_.add({Reason::kServerError, "broken"});
      clock_.advance(std::chrono::milliseconds(100));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, lines_with(log.text(), "slow"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, lines_with(log.text(), "broken"));
  }

  void tells_how_many_were_left_out() {
    const support::LogCapture log;
    for (int i = 0; i < 8; ++i) failures_.add({Reason::kTimedOut, "slow"});
    failures_.add({Reason::kServerError, "broken"});
    clock_.advance(std::chrono::seconds(1));
    failures_.add({Reason::kTimedOut, "slow"});
    clock_.advance(std::chrono::seconds(1));
    failures_.add({Reason::kTimedOut, "slow"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "slow (and 7 more"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), " more since"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, lines_with(log.text(), ""));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FailureLogTest);

}  // namespace
