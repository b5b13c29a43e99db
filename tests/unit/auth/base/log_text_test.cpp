// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_text.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

#include "auth/base/json.h"
#include "auth/base/text.h"
#include "auth/base/utf8.h"

namespace {

using auth::shown_in_log;

std::string json_string(std::string_view text, std::size_t most = std::string::npos) {
  std::string line;
  auth::append_json_string(line, text, most);
  return line;
}

class LogTextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogTextTest);
  CPPUNIT_TEST(ends_no_line_and_no_string_whatever_byte_it_is_given);
  CPPUNIT_TEST(keeps_each_character_of_a_json_string);
  CPPUNIT_TEST(shows_bytes_that_are_no_character);
  CPPUNIT_TEST(shows_commands_of_terminals);
  CPPUNIT_TEST(keeps_characters_of_all_lengths);
  CPPUNIT_TEST(cuts_between_characters);
  CPPUNIT_TEST_SUITE_END();

  static std::string read_back(const std::string& text) {
    const auto parsed = auth::Json::parse("{\"a\":" + json_string(text) + "}");
    CPPUNIT_ASSERT_MESSAGE(json_string(text), parsed.has_value());
    return parsed->text_of("a").value_or("none");
  }

  // Each alone and each two, since a byte can be the first of a character.
  void ends_no_line_and_no_string_whatever_byte_it_is_given() {
    for (int first = 0; first < 256; ++first) {
      for (int second = 0; second < 256; ++second) {
        const std::string text{static_cast<char>(first), static_cast<char>(second)};
        for (const std::string& line : {shown_in_log(text), json_string(text)}) {
          CPPUNIT_ASSERT_MESSAGE(line, auth::is_utf8(line) && !auth::has_control(line));
        }
        if (text.find('\0') != text.npos) continue;  // which is not read here
        CPPUNIT_ASSERT(auth::Json::parse("[" + json_string(text) + "]").has_value());
      }
    }
  }

  void keeps_each_character_of_a_json_string() {
    for (int code = 1; code < 128; ++code) {
      const std::string text = "a" + std::string(1, static_cast<char>(code)) + "z";
      CPPUNIT_ASSERT_EQUAL(text, read_back(text));
    }
    const std::string zero = json_string(std::string(1, '\0'));
    CPPUNIT_ASSERT_EQUAL(std::string("\"\\u0000\""), zero);
    CPPUNIT_ASSERT_EQUAL(std::string("\xc2\x85"), read_back("\xc2\x85"));
  }

  void shows_bytes_that_are_no_character() {
    CPPUNIT_ASSERT_EQUAL(std::string("a\\xffz"), shown_in_log("a\xffz"));
    CPPUNIT_ASSERT_EQUAL(std::string("a\\xffz"), read_back("a\xffz"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\xc3"), shown_in_log("\xc3"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\xc0\\xaf"), shown_in_log("\xc0\xaf"));
    CPPUNIT_ASSERT_EQUAL(std::string("\\xed\\xa0\\x80"), shown_in_log("\xed\xa0\x80"));
  }

  void shows_commands_of_terminals() {
    CPPUNIT_ASSERT_EQUAL(std::string("\\x1b[0m\\x7f\\x9b"), shown_in_log("\x1b[0m\x7f\xc2\x9b"));
    CPPUNIT_ASSERT_EQUAL(std::string("\"\\u001b[0m\\u007f\\u009b\""),
                         json_string("\x1b[0m\x7f\xc2\x9b"));
    const std::string turned = "a\u202eb\ufeffc\u061cd\u2069";
    CPPUNIT_ASSERT_EQUAL(std::string("a\\u202eb\\ufeffc\\u061cd\\u2069"), shown_in_log(turned));
    CPPUNIT_ASSERT_EQUAL('"' + shown_in_log(turned) + '"', json_string(turned));
    CPPUNIT_ASSERT_EQUAL(turned, read_back(turned));
  }

  void keeps_characters_of_all_lengths() {
    const std::string text = "a \u00e4 \u20ac \U0001f600 \\ \"";
    CPPUNIT_ASSERT_EQUAL(text, shown_in_log(text));
    CPPUNIT_ASSERT_EQUAL(text, read_back(text));
  }

  void cuts_between_characters() {
    const std::string text = "ab\u20accd";
    const std::string expected[] = {"", "a", "ab", "ab", "ab", "ab\u20ac", "ab\u20acc", text, text};
    for (std::size_t most = 0; most < 9; ++most) {
      CPPUNIT_ASSERT_EQUAL(expected[most], std::string(auth::cut_to(text, most)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("\"ab\""), json_string(text, 4));
    CPPUNIT_ASSERT_EQUAL(std::string("ab"), shown_in_log(text, 4));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogTextTest);

}  // namespace
