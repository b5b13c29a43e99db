// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/base64url.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

namespace {

using auth::jose::base64url_decode;
using auth::jose::base64url_encode;

class Base64urlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Base64urlTest);
  CPPUNIT_TEST(refuses_every_byte_outside_the_alphabet);
  CPPUNIT_TEST(refuses_padding);
  CPPUNIT_TEST(refuses_white_space);
  CPPUNIT_TEST(refuses_lengths_that_no_bytes_have);
  CPPUNIT_TEST(refuses_bits_beyond_the_last_byte);
  CPPUNIT_TEST(spells_as_the_rfcs_do);
  CPPUNIT_TEST(gives_back_what_it_was_given);
  CPPUNIT_TEST_SUITE_END();

  static void refuses(std::string_view text) {
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !base64url_decode(text));
  }

  void refuses_every_byte_outside_the_alphabet() {
    const std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int refused = 0;
    for (int code = 0; code < 256; ++code) {
      const char byte = static_cast<char>(code);
      if (alphabet.find(byte) != std::string_view::npos) continue;
      for (std::string text : {"?AAA", "A?AA", "AA?A", "AAA?"}) {
        text[text.find('?')] = byte;
        refuses(text);
      }
      ++refused;
    }
    CPPUNIT_ASSERT_EQUAL(192, refused);
  }

  // RFC 7515 §2: "with all trailing '=' characters omitted".
  void refuses_padding() {
    for (const char* text : {"QQ==", "QUI=", "QUJD=", "QUJD====", "=", "==", "===", "===="}) {
      refuses(text);
    }
  }

  // RFC 7515 §2: "without the inclusion of any line breaks, whitespace".
  void refuses_white_space() {
    for (const char* text : {"QU JD", " QUJD", "QUJD ", "QUJD\n", "QU\r\nJD", "QUJ\t", "    "}) {
      refuses(text);
    }
  }

  void refuses_lengths_that_no_bytes_have() {
    for (const char* text : {"A", "AAAAA", "AAAAAAAAA"}) refuses(text);
  }

  void refuses_bits_beyond_the_last_byte() {
    const std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int taken = 0;
    for (std::size_t value = 0; value < alphabet.size(); ++value) {
      const std::string of_one{'A', alphabet[value]};
      const std::string of_two{'A', 'A', alphabet[value]};
      CPPUNIT_ASSERT_EQUAL(value % 16 == 0, base64url_decode(of_one).has_value());
      CPPUNIT_ASSERT_EQUAL(value % 4 == 0, base64url_decode(of_two).has_value());
      taken += base64url_decode(of_one).has_value();
    }
    CPPUNIT_ASSERT_EQUAL(4, taken);
  }

  void spells_as_the_rfcs_do() {
    const std::pair<std::string, std::string> spellings[] = {
        // RFC 4648 §10, without padding
        {"", ""},
        {"f", "Zg"},
        {"fo", "Zm8"},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg"},
        {"fooba", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy"},
        {"\x03\xec\xff\xe0\xc1", "A-z_4ME"},  // RFC 7515 appendix C
        {"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
         "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"},  // RFC 7515 appendix A.1
    };
    for (const auto& [bytes, text] : spellings) {
      CPPUNIT_ASSERT_EQUAL(text, base64url_encode(bytes));
      CPPUNIT_ASSERT_EQUAL(bytes, base64url_decode(text).value_or("refused"));
    }
  }

  void gives_back_what_it_was_given() {
    std::string bytes;
    for (int code = 0; code < 3 * 256; ++code) {
      CPPUNIT_ASSERT_EQUAL(bytes, base64url_decode(base64url_encode(bytes)).value_or("refused"));
      bytes.push_back(static_cast<char>(code * 37));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Base64urlTest);

}  // namespace
