// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/clock_watch.h"

#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <string>

#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::HttpResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::lines_with;

// The clock of the test is this machine's, and ahead of ZITADEL's by what is set.
class ClockWatchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClockWatchTest);
  CPPUNIT_TEST(hands_on_questions_and_answers);
  CPPUNIT_TEST(is_told_from_two_seconds_on);
  CPPUNIT_TEST(says_nothing_of_less_than_a_second);
  CPPUNIT_TEST(a_slow_answer_is_no_wrong_clock);
  CPPUNIT_TEST(is_told_once_and_not_once_a_request);
  CPPUNIT_TEST(is_told_again_when_it_has_become_worse_and_after_an_hour);
  CPPUNIT_TEST(is_told_once_a_second_at_most);
  CPPUNIT_TEST(what_harms_is_an_error);
  CPPUNIT_TEST(an_answer_without_a_date_says_nothing);
  CPPUNIT_TEST_SUITE_END();

  support::ManualClock clock_;
  support::ScriptedHttpClient real_;
  auth::ClockWatch http_{real_, clock_};

  // One exchange that takes so long; ZITADEL writes its date when it has passed half.
  void exchange(milliseconds ahead, milliseconds takes = milliseconds(10)) {
    http_.send({"https://z.example"}, [](const auto&) {});
    clock_.advance(takes / 2);
    HttpResponse answer{200};
    answer.date = std::chrono::floor<seconds>(clock_.wall_microseconds() - ahead);
    clock_.advance(takes / 2);
    real_.answer(answer);
  }

  std::string log_of(milliseconds ahead, milliseconds takes = milliseconds(10)) {
    const support::LogCapture log;
    exchange(ahead, takes);
    return log.text();
  }

  void hands_on_questions_and_answers() {
    std::optional<int> status;
    http_.send({"https://z.example/a", auth::Secret("form")},
               [&](const auto& answer) { status = answer->status; });
    const auto question = real_.take();
    CPPUNIT_ASSERT_EQUAL(std::string("https://z.example/a form"),
                         question.url + ' ' + question.form);
    question.done(HttpResponse{204});
    CPPUNIT_ASSERT(status == 204);
    real_.bear(7);
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, http_.capacity());
  }

  // Whatever part of a second it is.
  void is_told_from_two_seconds_on() {
    for (int tenth = 0; tenth < 10; ++tenth) {
      clock_.advance(std::chrono::hours(1) + milliseconds(100));
      const std::string ahead = log_of(milliseconds(2'010));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(ahead, std::size_t{1}, lines_with(ahead, "seconds ahead of"));
      clock_.advance(std::chrono::hours(1));
      const std::string behind = log_of(milliseconds(-2'010));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(behind, std::size_t{1}, lines_with(behind, "seconds behind"));
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string("warn: this machine's clock is wrong: it is 30 seconds ahead of ZITADEL's: set "
                    "it right\n"),
        [&] {
          clock_.advance(std::chrono::hours(1));
          return log_of(milliseconds(30'010));
        }());
  }

  void says_nothing_of_less_than_a_second() {
    for (int step = -99; step < 100; ++step) {
      clock_.advance(milliseconds(70));
      const std::string log = log_of(milliseconds(step * 10));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(step), std::string(), log);
    }
  }

  void a_slow_answer_is_no_wrong_clock() {
    for (const milliseconds takes : {milliseconds(2'000), milliseconds(20'000)}) {
      CPPUNIT_ASSERT_EQUAL(std::string(), log_of(milliseconds(0), takes));
    }
  }

  void is_told_once_and_not_once_a_request() {
    const support::LogCapture log;
    for (int i = 0; i < 100; ++i) {
      exchange(milliseconds(30'000 + i % 3 * 1'000));
      exchange(milliseconds(0));
      clock_.advance(seconds(1));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "clock"));
  }

  void is_told_again_when_it_has_become_worse_and_after_an_hour() {
    CPPUNIT_ASSERT(!log_of(seconds(30)).empty());
    CPPUNIT_ASSERT(log_of(seconds(80)).empty());
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!log_of(seconds(100)).empty());
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!log_of(seconds(-100)).empty());
    clock_.advance(auth::kClockReminder - seconds(1));
    CPPUNIT_ASSERT(log_of(seconds(-100)).empty());
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!log_of(seconds(-100)).empty());
  }

  // A date that jumps with each answer.
  void is_told_once_a_second_at_most() {
    const support::LogCapture log;
    for (int i = 0; i < 100; ++i) exchange(seconds(i % 2 == 0 ? 600 : -600));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "clock"));
    clock_.advance(seconds(1));
    exchange(seconds(600));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "(and 99 more since"));
  }

  void what_harms_is_an_error() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log_of(seconds(600)), "error: "));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log_of(seconds(-600)), "error: "));
  }

  void an_answer_without_a_date_says_nothing() {
    const support::LogCapture log;
    http_.send({"https://z.example"}, [](const auto&) {});
    real_.answer(200);
    http_.send({"https://z.example"}, [](const auto&) {});
    real_.answer(auth::Error{auth::Reason::kTimedOut});
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClockWatchTest);

}  // namespace
