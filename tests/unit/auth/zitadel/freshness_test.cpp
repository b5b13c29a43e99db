// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/freshness.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <optional>

namespace {

using auth::Freshness;
using auth::read_age;
using auth::read_max_age;
using std::chrono::seconds;

class FreshnessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FreshnessTest);
  CPPUNIT_TEST(an_age_that_is_no_number_is_none);
  CPPUNIT_TEST(reads_an_age);
  CPPUNIT_TEST(a_max_age_that_is_no_number_is_none);
  CPPUNIT_TEST(reads_max_age_among_other_directives);
  CPPUNIT_TEST(takes_the_age_off_and_stays_within_bounds);
  CPPUNIT_TEST_SUITE_END();

  void an_age_that_is_no_number_is_none() {
    for (const char* value : {"", " ", "-5", "+5", "5s", "1.5", "0x10", "five", ",5", "5 6"}) {
      CPPUNIT_ASSERT_MESSAGE(value, read_age(value) == seconds(0));
    }
  }

  void reads_an_age() {
    CPPUNIT_ASSERT(read_age("5") == seconds(5));
    CPPUNIT_ASSERT(read_age(" 007 ") == seconds(7));
    // RFC 9111 §5.1: of several the first counts.
    CPPUNIT_ASSERT(read_age("5, 90") == seconds(5));
    // §1.2.2
    CPPUNIT_ASSERT(read_age("2147483648") == auth::kMaxFreshness);
    CPPUNIT_ASSERT(read_age("99999999999999999999999") == auth::kMaxFreshness);
  }

  void a_max_age_that_is_no_number_is_none() {
    for (const char* value : {"", "no-store", "max-age", "max-age=", "max-age=-1", "max-age=a",
                              "s-maxage=5", "xmax-age=5", "max-age:5", "max-age=\"5", "=5"}) {
      CPPUNIT_ASSERT_MESSAGE(value, !read_max_age(value).has_value());
    }
  }

  void reads_max_age_among_other_directives() {
    for (const char* value : {"max-age=300", "Max-Age=300", "max-age=300, must-revalidate",
                              "public,max-age=300,immutable", " no-cache ,\tmax-age=300 ",
                              "max-age=\"300\"", "private=\"a\", s-maxage=9, max-age=300"}) {
      CPPUNIT_ASSERT_MESSAGE(value, read_max_age(value) == seconds(300));
    }
    CPPUNIT_ASSERT(read_max_age("max-age=0") == seconds(0));
  }

  void takes_the_age_off_and_stays_within_bounds() {
    const auto left = [](Freshness freshness) { return freshness.left(seconds(30), seconds(300)); };
    CPPUNIT_ASSERT(left({}) == seconds(300));
    CPPUNIT_ASSERT(left({seconds(100), std::nullopt}) == seconds(200));
    CPPUNIT_ASSERT(left({seconds(100), seconds(200)}) == seconds(100));
    CPPUNIT_ASSERT(left({seconds(0), seconds(9999)}) == seconds(300));
    CPPUNIT_ASSERT(left({seconds(0), seconds(0)}) == seconds(30));
    CPPUNIT_ASSERT(left({auth::kMaxFreshness, seconds(200)}) == seconds(30));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FreshnessTest);

}  // namespace
