// SPDX-License-Identifier: Apache-2.0
#include "auth/base/utf8.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
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
  CPPUNIT_TEST(knows_what_is_not_seen_and_acts);
  CPPUNIT_TEST(leaves_the_neighbours_of_what_is_not_seen);
  CPPUNIT_TEST(makes_a_text_harmless_for_a_terminal);
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

  void knows_what_is_not_seen_and_acts() {
    for (const std::string_view character :
         {"\0"sv, "\x1b"sv, "\n"sv, "\x7f"sv, "\xc2\x80"sv, "\xc2\x9b"sv, "\u061c"sv, "\u200b"sv,
          "\u200e"sv, "\u2028"sv, "\u202a"sv, "\u202e"sv, "\u2060"sv, "\u2066"sv, "\u2069"sv,
          "\ufeff"sv, "\ufff9"sv}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(character), character.size(),
                                   utf8_length(character));
      CPPUNIT_ASSERT_MESSAGE(std::string(character), !auth::is_visible(character));
    }
  }

  void leaves_the_neighbours_of_what_is_not_seen() {
    for (const std::string_view character :
         {" "sv, "~"sv, "\xc2\xa0"sv, "\u00fc"sv, "\u061b"sv, "\u061d"sv, "\u200a"sv, "\u2010"sv,
          "\u2027"sv, "\u202f"sv, "\u205f"sv, "\u2070"sv, "\u20ac"sv, "\ufefe"sv, "\uff01"sv,
          "\ufff8"sv, "\ufffd"sv, "\U0001f600"sv}) {
      CPPUNIT_ASSERT_MESSAGE(std::string(character), auth::is_visible(character));
    }
  }

  void makes_a_text_harmless_for_a_terminal() {
    CPPUNIT_ASSERT_EQUAL(std::string("gr\u00fcn ?[2J ?nimda? ??z"),
                         auth::visible_text("gr\u00fcn \x1b[2J \u202enimda\u202c \xff\xc3z"));
    CPPUNIT_ASSERT_EQUAL(std::string(), auth::visible_text(""));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Utf8Test);

}  // namespace
