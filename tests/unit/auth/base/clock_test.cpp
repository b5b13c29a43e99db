// SPDX-License-Identifier: Apache-2.0
#include "auth/base/clock.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sched.h>

#include <chrono>
#include <fstream>
#include <string>

#include "tests/unit/support/child.h"

namespace {

using auth::BootClock;
using auth::SystemClock;
using std::chrono::hours;
using std::chrono::seconds;

class ClockTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClockTest);
  CPPUNIT_TEST(counts_the_time_for_which_the_machine_was_suspended);
  CPPUNIT_TEST(tells_the_time_of_day_in_microseconds_and_in_seconds);
  CPPUNIT_TEST_SUITE_END();

  // CLOCK_BOOTTIME is a day ahead there, as after a day of sleep. For child processes only.
  static bool enter_a_namespace_that_slept_a_day() {
    return support::own_namespaces(CLONE_NEWTIME) && std::ofstream("/proc/self/timens_offsets")
                                                         << "boottime 86400 0\n"
                                                         << std::flush;
  }

  static bool has_slept() {
    return SystemClock().steady().time_since_epoch() -
               std::chrono::steady_clock::now().time_since_epoch() >=
           hours(24);
  }

  void counts_the_time_for_which_the_machine_was_suspended() {
    const std::string problem = support::run_in_child([] {
      return enter_a_namespace_that_slept_a_day() && support::run_in_child(has_slept).empty();
    });
    CPPUNIT_ASSERT_EQUAL(std::string(), problem);
  }

  void tells_the_time_of_day_in_microseconds_and_in_seconds() {
    const SystemClock clock;
    const auto before = std::chrono::system_clock::now();
    const auth::Moment now = clock.now();
    CPPUNIT_ASSERT(now.wall >= std::chrono::floor<std::chrono::microseconds>(before));
    CPPUNIT_ASSERT(now.wall <= std::chrono::system_clock::now());
    CPPUNIT_ASSERT(clock.wall() - std::chrono::floor<seconds>(before) <= seconds(1));
    CPPUNIT_ASSERT(now.steady <= BootClock::now());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClockTest);

}  // namespace
