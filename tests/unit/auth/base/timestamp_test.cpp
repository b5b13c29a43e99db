// SPDX-License-Identifier: Apache-2.0
#include "auth/base/timestamp.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using auth::parse_timestamp;

class TimestampTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TimestampTest);
  CPPUNIT_TEST(refuses_what_is_no_time);
  CPPUNIT_TEST(refuses_days_that_no_calendar_has);
  CPPUNIT_TEST(reads_times_of_every_form);
  CPPUNIT_TEST(cuts_a_fraction_to_microseconds);
  CPPUNIT_TEST(writes_what_it_reads);
  CPPUNIT_TEST_SUITE_END();

  static void refuses(std::string_view text) {
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !parse_timestamp(text));
  }

  void cuts_a_fraction_to_microseconds() {
    const auto microseconds_in = [](std::string_view text) {
      const auto time = auth::parse_microseconds(text);
      CPPUNIT_ASSERT_MESSAGE(std::string(text), time.has_value());
      return (*time - std::chrono::floor<std::chrono::seconds>(*time)).count();
    };
    CPPUNIT_ASSERT_EQUAL(0L, microseconds_in("2026-11-27T20:33:20Z"));
    CPPUNIT_ASSERT_EQUAL(67'600L, microseconds_in("2026-11-27T20:33:20.0676Z"));
    CPPUNIT_ASSERT_EQUAL(132'789L, microseconds_in("2026-11-27T20:33:20.132789Z"));
    CPPUNIT_ASSERT_EQUAL(132'789L, microseconds_in("2026-11-27T20:33:20.132789999999999Z"));
  }

  void writes_what_it_reads() {
    for (const char* text : {"1970-01-01T00:00:00.000000Z", "2026-11-27T20:33:20.132789Z",
                             "2028-02-29T23:59:59.000001Z"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(text), auth::to_timestamp(*auth::parse_microseconds(text)));
    }
  }

  void refuses_what_is_no_time() {
    for (const char* text :
         {"", "2026-11-27", "2026-11-27T20:33:20", "2026-11-27 20:33:20Z", "2026-11-27T20:33Z",
          "2026-11-27T20:33:20ZZ", " 2026-11-27T20:33:20Z", "2026-11-27T20:33:20Z ",
          "26-11-27T20:33:20Z", "2026-1-27T20:33:20Z", "2026-11-27T20:33:20.Z",
          "2026-11-27T20:33:20,5Z", "2026-11-27T20:33:20+0100", "2026-11-27T20:33:20+1:00",
          "2026-11-27T20:33:20 01:00", "+026-11-27T20:33:20Z", "2026-+1-27T20:33:20Z",
          "2026-11-27T2a:33:20Z", "soon"}) {
      refuses(text);
    }
  }

  void refuses_days_that_no_calendar_has() {
    for (const char* text : {"2026-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
                             "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
                             "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
                             "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60"}) {
      refuses(text);
    }
  }

  void reads_times_of_every_form() {
    for (const auto& [text, seconds] : {std::pair{"1970-01-01T00:00:00Z", std::int64_t{0}},
                                        {"2001-09-09T01:46:40Z", 1'000'000'000},
                                        {"2001-09-09t01:46:40.999999999z", 1'000'000'000},
                                        {"2001-09-09T03:46:40+02:00", 1'000'000'000},
                                        {"2001-09-08T20:16:40.5-05:30", 1'000'000'000},
                                        {"2024-02-29T23:59:60Z", 1'709'251'200},
                                        {"9999-12-31T23:59:59Z", 253'402'300'799},
                                        {"0001-01-01T00:00:00Z", -62'135'596'800}}) {
      const auto time = parse_timestamp(text);
      CPPUNIT_ASSERT_MESSAGE(text, time.has_value());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, seconds, std::int64_t{time->time_since_epoch().count()});
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TimestampTest);

}  // namespace
