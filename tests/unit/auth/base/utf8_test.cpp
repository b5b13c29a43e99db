// SPDX-License-Identifier: Apache-2.0
#include "auth/base/utf8.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string_view>

namespace {

using auth::is_utf8;
using auth::utf8_length;
using namespace std::string_view_literals;

class Utf8Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Utf8Test);
  CPPUNIT_TEST(refuses_what_is_no_character);
  CPPUNIT_TEST(tells_how_long_a_character_is);
  CPPUNIT_TEST(looks_at_the_whole_text);
  CPPUNIT_TEST_SUITE_END();

  // RFC 3629 §3, §4: lone and missing continuations, other spellings, surrogates, above U+10FFFF.
  void refuses_what_is_no_character() {
    for (const std::string_view text :
         {""sv, "\x80"sv, "\xbf"sv, "\xc3"sv, "\xc3("sv, "\xc0\x80"sv, "\xc1\xbf"sv,
          "\xe0\x80\x80"sv, "\xe0\x9f\xbf"sv, "\xe2\x82"sv, "\xe2\x82("sv, "\xed\xa0\x80"sv,
          "\xed\xbf\xbf"sv, "\xf0\x80\x80\x80"sv, "\xf0\x8f\xbf\xbf"sv, "\xf0\x9f\x98"sv,
          "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv}) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, utf8_length(text));
    }
  }

  void tells_how_long_a_character_is() {
    for (const auto& [text, length] : {std::pair{"\0"sv, 1},
                                       {"a\xff"sv, 1},
                                       {"\x7f"sv, 1},
                                       {"\xc2\x80"sv, 2},
                                       {"\xdf\xbf"sv, 2},
                                       {"\xe0\xa0\x80"sv, 3},
                                       {"\xed\x9f\xbf"sv, 3},
                                       {"\xee\x80\x80"sv, 3},
                                       {"\xef\xbf\xbf"sv, 3},
                                       {"\xf0\x90\x80\x80"sv, 4},
                                       {"\xf4\x8f\xbf\xbf"sv, 4}}) {
      CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(length), utf8_length(text));
    }
  }

  void looks_at_the_whole_text() {
    CPPUNIT_ASSERT(is_utf8("") && is_utf8("gr\xc3\xbc\xc3\x9f"));
    CPPUNIT_ASSERT(!is_utf8("a\xc3\xbc\xff") && !is_utf8("a\xc3"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Utf8Test);

}  // namespace
