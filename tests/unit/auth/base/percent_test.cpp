// SPDX-License-Identifier: Apache-2.0
#include "auth/base/percent.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using auth::percent_decode;
using auth::percent_encode;

class PercentTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PercentTest);
  CPPUNIT_TEST(refuses_a_percent_sign_without_two_digits);
  CPPUNIT_TEST(decodes_digits_of_both_cases);
  CPPUNIT_TEST(encodes_what_would_leave_its_place);
  CPPUNIT_TEST(gives_back_every_byte);
  CPPUNIT_TEST_SUITE_END();

  void refuses_a_percent_sign_without_two_digits() {
    for (const char* text : {"%", "a%", "%1", "%1g", "%g1", "%%41", "%41%", "% 1", "%+1", "%-1"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !percent_decode(text));
    }
  }

  void decodes_digits_of_both_cases() {
    CPPUNIT_ASSERT_EQUAL(std::string("a b\xab\xcd%"), *percent_decode("a%20b%aB%Cd%25"));
    CPPUNIT_ASSERT_EQUAL(std::string("%41"), *percent_decode("%2541"));
    CPPUNIT_ASSERT_EQUAL(std::string("a+b"), *percent_decode("a+b"));
    CPPUNIT_ASSERT_EQUAL(std::string(), *percent_decode(""));
  }

  void encodes_what_would_leave_its_place() {
    CPPUNIT_ASSERT_EQUAL(std::string("a%20b%25%0A%09%7F%C3%BC\"!~"),
                         percent_encode("a b%\n\t\x7f\xc3\xbc\"!~"));
  }

  void gives_back_every_byte() {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
    CPPUNIT_ASSERT_EQUAL(all, *percent_decode(percent_encode(all)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PercentTest);

}  // namespace
