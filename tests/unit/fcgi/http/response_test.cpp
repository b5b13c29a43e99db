// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/response.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "auth/base/json.h"

namespace {

using fcgi::Response;
using fcgi::serialise;

class ResponseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ResponseTest);
  CPPUNIT_TEST(leaves_out_each_control_character_with_its_header);
  CPPUNIT_TEST(leaves_out_headers_whose_name_is_no_token);
  CPPUNIT_TEST(leaves_out_headers_that_are_its_own_to_write);
  CPPUNIT_TEST(sends_a_status_that_is_none_as_500);
  CPPUNIT_TEST(sends_no_body_in_answer_to_head_but_its_length);
  CPPUNIT_TEST(sends_neither_body_nor_length_with_204_and_304);
  CPPUNIT_TEST(escapes_what_would_break_out_of_a_json_string);
  CPPUNIT_TEST(sends_status_first_then_headers_then_body);
  CPPUNIT_TEST(sends_a_status_without_a_known_phrase);
  CPPUNIT_TEST(sends_the_length_in_bytes_of_any_body);
  CPPUNIT_TEST(sends_several_headers_of_one_name);
  CPPUNIT_TEST(finds_a_header_in_any_case);
  CPPUNIT_TEST(says_what_the_request_is_called_unless_it_was_said);
  CPPUNIT_TEST(makes_a_message);
  CPPUNIT_TEST(makes_an_error);
  CPPUNIT_TEST_SUITE_END();

  static Response with_header(std::string name, std::string value) {
    return {.status = 200, .headers = {{std::move(name), std::move(value)}}, .body = "b"};
  }

  void says_what_the_request_is_called_unless_it_was_said() {
    const Response response{.status = 200, .headers = {}, .body = "b"};
    const std::string named = "Status: 200 OK\r\nX-Request-Id: id-1\r\nContent-Length: 1\r\n\r\nb";
    CPPUNIT_ASSERT_EQUAL(named, serialise(response, false, "id-1"));
    CPPUNIT_ASSERT_EQUAL(std::string("Status: 200 OK\r\nX-Request-Id: id-1\r\n\r\n"),
                         fcgi::serialise_head(response, "id-1"));
    const std::string own = serialise(with_header("x-request-ID", "own"), false, "id-1");
    CPPUNIT_ASSERT(own.find("id-1") == own.npos);
  }

  static const std::string& bare() {
    static const std::string text = "Status: 200 OK\r\nContent-Length: 1\r\n\r\nb";
    return text;
  }

  void leaves_out_each_control_character_with_its_header() {
    for (int code = 0; code < 256; ++code) {
      if (code >= 0x20 && code != 0x7f) continue;
      const std::string byte(1, static_cast<char>(code));
      CPPUNIT_ASSERT_EQUAL(bare(), serialise(with_header("A", "b" + byte + "c"), false));
      CPPUNIT_ASSERT_EQUAL(bare(), serialise(with_header("A" + byte, "b"), false));
    }
    CPPUNIT_ASSERT_EQUAL(bare(), serialise(with_header("A", "b\r\nSet-Cookie: admin=1"), false));
  }

  void leaves_out_headers_whose_name_is_no_token() {
    for (const char* name :
         {"", "A B", "A:", "A:B", "(A)", "A,", "\"A\"", "A\xc3\xa4", "A/B", " A"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, bare(), serialise(with_header(name, "b"), false));
    }
  }

  void leaves_out_headers_that_are_its_own_to_write() {
    for (const char* name : {"Status", "status", "STATUS", "Content-Length", "content-LENGTH"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, bare(), serialise(with_header(name, "404"), false));
    }
  }

  void sends_a_status_that_is_none_as_500() {
    for (const int status : {-200, 0, 20, 100, 101, 199, 600, 2000}) {
      const std::string sent = serialise({.status = status}, false);
      CPPUNIT_ASSERT_MESSAGE(sent, sent.starts_with("Status: 500 Internal Server Error\r\n"));
    }
  }

  void sends_no_body_in_answer_to_head_but_its_length() {
    CPPUNIT_ASSERT_EQUAL(std::string("Status: 200 OK\r\nContent-Length: 4\r\n\r\n"),
                         serialise({.status = 200, .body = "body"}, true));
  }

  // RFC 9110 §8.6 and §15.4.5.
  void sends_neither_body_nor_length_with_204_and_304() {
    CPPUNIT_ASSERT_EQUAL(std::string("Status: 204 No Content\r\n\r\n"),
                         serialise({.status = 204, .body = "body"}, false));
    CPPUNIT_ASSERT_EQUAL(std::string("Status: 304 Not Modified\r\n\r\n"),
                         serialise({.status = 304, .body = "body"}, false));
  }

  void escapes_what_would_break_out_of_a_json_string() {
    const std::string text = "a\"b\\c\nd\x01 </script>";
    const auto message = auth::Json::parse(fcgi::message_response(text).body);
    CPPUNIT_ASSERT(message && message->text_of("message") == text);
    const auto error = auth::Json::parse(fcgi::error_response(400, text, text).body);
    CPPUNIT_ASSERT(error && error->text_of("error") == text);
    CPPUNIT_ASSERT(error->text_of("error_description") == text);
  }

  void sends_status_first_then_headers_then_body() {
    const Response response{.status = 401, .headers = {{"A", "1"}, {"B", "2"}}, .body = "body"};
    CPPUNIT_ASSERT_EQUAL(
        std::string("Status: 401 Unauthorized\r\nA: 1\r\nB: 2\r\nContent-Length: 4\r\n\r\nbody"),
        serialise(response, false));
  }

  void sends_a_status_without_a_known_phrase() {
    CPPUNIT_ASSERT_EQUAL(std::string("Status: 299 Status\r\nContent-Length: 0\r\n\r\n"),
                         serialise({.status = 299}, false));
  }

  void sends_the_length_in_bytes_of_any_body() {
    const std::string zeros(3, '\0');
    CPPUNIT_ASSERT_EQUAL("Status: 200 OK\r\nContent-Length: 3\r\n\r\n" + zeros,
                         serialise({.body = zeros}, false));
    const std::string large(1 << 20, 'x');
    const std::string sent = serialise({.body = large}, false);
    CPPUNIT_ASSERT(sent.starts_with("Status: 200 OK\r\nContent-Length: 1048576\r\n\r\nx"));
    CPPUNIT_ASSERT(sent.ends_with(large));
  }

  void sends_several_headers_of_one_name() {
    const Response response{.headers = {{"Link", "<a>"}, {"Link", "<b>"}}, .body = ""};
    CPPUNIT_ASSERT_EQUAL(
        std::string("Status: 200 OK\r\nLink: <a>\r\nLink: <b>\r\nContent-Length: 0\r\n\r\n"),
        serialise(response, false));
  }

  void finds_a_header_in_any_case() {
    const Response response{.headers = {{"Cache-Control", "a"}, {"CACHE-control", "b"}}};
    CPPUNIT_ASSERT(response.header("cache") == nullptr);
    CPPUNIT_ASSERT(response.header("cache-control2") == nullptr);
    CPPUNIT_ASSERT(response.header("cache-control") == &response.headers[0].second);
  }

  void makes_a_message() {
    const Response response = fcgi::message_response("hello");
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("{\"message\": \"hello\"}"), response.body);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), *response.header("content-type"));
  }

  void makes_an_error() {
    const Response response = fcgi::error_response(404, "not_found", "nothing here");
    CPPUNIT_ASSERT_EQUAL(404, response.status);
    CPPUNIT_ASSERT_EQUAL(
        std::string("{\"error\": \"not_found\", \"error_description\": \"nothing here\"}"),
        response.body);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), *response.header("content-type"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResponseTest);

}  // namespace
