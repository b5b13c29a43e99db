// SPDX-License-Identifier: Apache-2.0
#include "auth/base/text.h"

#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

class TextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TextTest);
  CPPUNIT_TEST(takes_no_byte_beyond_ascii_for_a_letter_or_a_control_character);
  CPPUNIT_TEST(finds_control_characters);
  CPPUNIT_TEST(changes_the_case_of_letters_alone);
  CPPUNIT_TEST(compares_without_regard_to_case);
  CPPUNIT_TEST(reads_hexadecimal_digits_of_either_case);
  CPPUNIT_TEST(parts_words_at_blanks_and_tabs);
  CPPUNIT_TEST(refuses_what_is_no_host_and_port);
  CPPUNIT_TEST(takes_host_and_port_apart);
  CPPUNIT_TEST(refuses_what_is_no_port);
  CPPUNIT_TEST(reads_ports);
  CPPUNIT_TEST_SUITE_END();

  void takes_no_byte_beyond_ascii_for_a_letter_or_a_control_character() {
    for (int code = 0x80; code <= 0xff; ++code) {
      const auto byte = static_cast<char>(code);
      CPPUNIT_ASSERT(!auth::is_control(byte) && !auth::is_letter_or_digit(byte));
      CPPUNIT_ASSERT(auth::lower_case(byte) == byte && auth::upper_case(byte) == byte);
      CPPUNIT_ASSERT_EQUAL(-1, auth::hex_value(byte));
    }
  }

  void finds_control_characters() {
    using namespace std::string_view_literals;
    for (const std::string_view text : {"a\0"sv, "\nb"sv, "a\x1f"sv, "\x7f"sv, "\t"sv}) {
      CPPUNIT_ASSERT(auth::has_control(text));
    }
    for (const std::string_view text : {""sv, " "sv, "~"sv, "\x80\xff"sv}) {
      CPPUNIT_ASSERT(!auth::has_control(text));
    }
  }

  void changes_the_case_of_letters_alone() {
    CPPUNIT_ASSERT_EQUAL(std::string("@az[`az{"), auth::lower_case("@AZ[`az{"));
    CPPUNIT_ASSERT_EQUAL(std::string("@AZ[`AZ{"), auth::upper_case("@AZ[`az{"));
  }

  void compares_without_regard_to_case() {
    CPPUNIT_ASSERT(auth::equals_ignoring_case("", ""));
    CPPUNIT_ASSERT(auth::equals_ignoring_case("Content-LENGTH", "content-length"));
    for (const std::string_view other : {"", "a", "ab ", "a@", "AC"}) {
      CPPUNIT_ASSERT(!auth::equals_ignoring_case("ab", other));
    }
    CPPUNIT_ASSERT(!auth::equals_ignoring_case("[", "{"));
  }

  void reads_hexadecimal_digits_of_either_case() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t i = 0; i < kDigits.size(); ++i) {
      CPPUNIT_ASSERT_EQUAL(static_cast<int>(i), auth::hex_value(kDigits[i]));
      CPPUNIT_ASSERT_EQUAL(static_cast<int>(i), auth::hex_value(auth::upper_case(kDigits[i])));
    }
    for (const char other : {'/', ':', '@', 'G', '`', 'g', ' '}) {
      CPPUNIT_ASSERT_EQUAL(-1, auth::hex_value(other));
    }
  }

  void parts_words_at_blanks_and_tabs() {
    CPPUNIT_ASSERT(auth::words_of(" \t ").empty());
    const std::vector<std::string_view> expected = {"a", "b,c", "d"};
    CPPUNIT_ASSERT(expected == auth::words_of("\ta  b,c \td"));
  }

  void refuses_what_is_no_host_and_port() {
    for (const std::string_view text : {"[", "[::1", "[::1]x", "[::1]x:80", "[::1]]"}) {
      CPPUNIT_ASSERT_MESSAGE(std::string(text), !auth::split_host_and_port(text));
    }
  }

  void takes_host_and_port_apart() {
    struct {
      std::string_view text, host;
      bool bracketed;
      std::optional<std::string_view> port;
    } const cases[] = {
        {"", "", false, std::nullopt},
        {"a", "a", false, std::nullopt},
        {"a:", "a", false, ""},
        {":1", "", false, "1"},
        {"a:1:2", "a", false, "1:2"},
        {"[]", "", true, std::nullopt},
        {"[::1]", "::1", true, std::nullopt},
        {"[::1]:80", "::1", true, "80"},
    };
    for (const auto& each : cases) {
      const auto parts = auth::split_host_and_port(each.text);
      CPPUNIT_ASSERT_MESSAGE(std::string(each.text), parts.has_value());
      CPPUNIT_ASSERT_EQUAL(std::string(each.host), std::string(parts->host));
      CPPUNIT_ASSERT_EQUAL(each.bracketed, parts->bracketed);
      CPPUNIT_ASSERT(each.port == parts->port);
    }
  }

  void refuses_what_is_no_port() {
    for (const std::string_view text :
         {"", "0", "00", "65536", "-1", "+1", " 1", "1 ", "0x50", "a"}) {
      CPPUNIT_ASSERT_MESSAGE(std::string(text), !auth::port_number(text));
    }
  }

  void reads_ports() {
    CPPUNIT_ASSERT(auth::port_number("1") == 1);
    CPPUNIT_ASSERT(auth::port_number("080") == 80);
    CPPUNIT_ASSERT(auth::port_number("65535") == 65535);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TextTest);

}  // namespace
