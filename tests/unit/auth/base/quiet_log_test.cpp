// SPDX-License-Identifier: Apache-2.0
#include "auth/base/quiet_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::LogLevel;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::lines_with;

class QuietLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(QuietLogTest);
  CPPUNIT_TEST(says_each_kind_once_in_its_interval);
  CPPUNIT_TEST(tells_then_how_many_were_left_out);
  CPPUNIT_TEST(several_threads_cost_one_line);
  CPPUNIT_TEST_SUITE_END();

  support::ManualClock clock_;
  auth::QuietLog quiet_{seconds(60), clock_};

  void says_each_kind_once_in_its_interval() {
    const support::LogCapture log;
    for (int i = 0; i < 1000; ++i) {
      quiet_.add(LogLevel::kWarn, "a", "line a");
      quiet_.add(LogLevel::kError, "b", "line b " + std::to_string(i));
      clock_.advance(milliseconds(59));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("warn: line a\nerror: line b 0\n"), log.text());
  }

  void tells_then_how_many_were_left_out() {
    const support::LogCapture log;
    for (int i = 0; i < 3; ++i) quiet_.add(LogLevel::kWarn, "a", "line");
    clock_.advance(seconds(60));
    for (int i = 0; i < 3; ++i) quiet_.add(LogLevel::kWarn, "a", "line");
    CPPUNIT_ASSERT_EQUAL(std::string("warn: line\nwarn: line (and 2 more since the last line)\n"),
                         log.text());
  }

  void several_threads_cost_one_line() {
    const support::LogCapture log;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this] {
        for (int n = 0; n < 1000; ++n) quiet_.add(LogLevel::kWarn, "a", "line");
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "line"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(QuietLogTest);

}  // namespace
