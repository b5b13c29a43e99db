// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/server_words.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

#include "auth/base/utf8.h"
#include "auth/zitadel/basic.h"
#include "auth/zitadel/form.h"

namespace {

using auth::HttpRequest;
using auth::Secret;
using auth::server_words;

constexpr std::string_view kToken = "9dD3Ps6dUiHvyj7VzjmQ5qiEOfk4R-M5NlFOi+/~==";
constexpr std::string_view kAssertion = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjMifQ.c2lnbmF0dXJl";
constexpr std::string_view kClientSecret = "QYokn fDc1%HCnaKl+ig";

class ServerWordsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerWordsTest);
  CPPUNIT_TEST(repeats_no_secret_of_the_request);
  CPPUNIT_TEST(repeats_no_piece_of_a_secret);
  CPPUNIT_TEST(repeats_no_secret_that_is_short);
  CPPUNIT_TEST(keeps_words_that_are_no_secret);
  CPPUNIT_TEST(keeps_commands_from_the_terminal);
  CPPUNIT_TEST(makes_invalid_utf8_harmless);
  CPPUNIT_TEST(cuts_at_a_whole_character);
  CPPUNIT_TEST(shows_no_more_of_a_page_than_its_title);
  CPPUNIT_TEST(shows_no_more_of_json_than_its_error);
  CPPUNIT_TEST(shows_the_first_line_of_text);
  CPPUNIT_TEST(looks_at_the_beginning_of_a_long_answer);
  CPPUNIT_TEST_SUITE_END();

  static HttpRequest request() {
    std::string form;
    auth::append_form_field(form, "token", kToken);
    auth::append_form_field(form, "client_assertion_type",
                            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    auth::append_form_field(form, "client_assertion", kAssertion);
    return {"https://issuer.example/introspect", Secret::take(form),
            auth::basic_authorization("client-id", Secret(kClientSecret))};
  }

  static std::string words(std::string_view body) { return server_words(body, request()); }

  static void shows(std::string_view expected, std::string_view body) {
    CPPUNIT_ASSERT_EQUAL(std::string(expected), words(body));
  }

  // Whatever way a peer says it, which may be one that wants it logged.
  void repeats_no_secret_of_the_request() {
    const std::string header(request().authorization.reveal());
    for (const std::string& secret :
         {std::string(kToken), auth::form_encode(kToken), std::string(kAssertion),
          std::string(kClientSecret), auth::form_encode(kClientSecret), header, header.substr(6),
          std::string(request().form.reveal())}) {
      for (const std::string& body :
           {secret, "no such token: " + secret + " (404)", "<title>x " + secret + "</title>",
            R"({"error":")" + secret + "\"}",
            R"({"error":"a","error_description":"<)" + secret + "\"}",
            R"({"message":")" + secret + "\"}", std::string(290, 'x') + secret}) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(body, std::string(), words(body));
      }
    }
  }

  void repeats_no_piece_of_a_secret() {
    for (const std::string_view secret : {kToken, kAssertion, kClientSecret}) {
      for (std::size_t at = 0; at + 8 <= secret.size(); ++at) {
        shows("", "unknown token " + std::string(secret.substr(at, 8)) + "...");
      }
    }
    shows("", R"({"error":"9dD3\u00506dUiHvyj7V"})");
  }

  void repeats_no_secret_that_is_short() {
    const HttpRequest sent{"https://issuer.example/", Secret(std::string_view("token=abc")), {}};
    CPPUNIT_ASSERT_EQUAL(std::string(), server_words("no abc here", sent));
    CPPUNIT_ASSERT_EQUAL(std::string("no ab here"), server_words("no ab here", sent));
    const HttpRequest plain{"https://issuer.example/", {}, Secret(std::string_view("Bearer xyz"))};
    CPPUNIT_ASSERT_EQUAL(std::string(), server_words("no xyz here", plain));
  }

  void keeps_words_that_are_no_secret() {
    for (const std::string_view body :
         {"client_id or client_assertion must be provided", "the client client-id is unknown",
          "urn:ietf:params:oauth:client-assertion-type:jwt-bearer is not supported",
          "token missing", "https://issuer.example/introspect is not here"}) {
      shows(body, body);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("text"), server_words("text", {"https://issuer.example/"}));
  }

  void keeps_commands_from_the_terminal() {
    shows("a?[2J?b?c",
          "a\x1b[2J\tb\x7f"
          "c");
    shows("a?b?c?d?e?f",
          "a\xc2\x9b"
          "b\xe2\x80\xae"
          "c\xe2\x80\xa8"
          "d\xe2\x81\xa6"
          "e\xd8\x9c"
          "f");
    shows("a??b?c: d?e", "{\"error\":\"a\\r\\nb\\u001bc\",\"error_description\":\"d\\u202ee\"}");
    shows("a b c", "<title>a\r\nb\tc</title>");
    shows("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
          "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  }

  void makes_invalid_utf8_harmless() {
    shows("gr?n ??x ??? ??", "gr\xfcn \xc0\x80x \xed\xa0\x80 \xe2\x82");
  }

  void cuts_at_a_whole_character() {
    for (const std::string character : {"a", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
      for (std::size_t before = 0; before < 5; ++before) {
        std::string body(before, 'x');
        for (int i = 0; i < 400; ++i) body += character;
        const std::string shown = words(body);
        CPPUNIT_ASSERT(auth::is_utf8(shown) && body.starts_with(shown));
        CPPUNIT_ASSERT(shown.size() <= 300 && shown.size() + character.size() > 300);
      }
    }
  }

  void shows_no_more_of_a_page_than_its_title() {
    shows("502 Bad Gateway",
          "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>secret");
    shows("Sorry", "\n <!DOCTYPE html><HTML><TITLE lang=en> Sorry\n</TITLE>");
    for (const std::string_view body :
         {"<html><body>secret</body></html>", "<html>", "<title", "<title>", "<title>endless",
          "<title></title>", "<?xml version='1.0'?><error>secret</error>"}) {
      shows("", body);
    }
  }

  void shows_no_more_of_json_than_its_error() {
    shows("server_error: Errors.Internal",
          R"({"error":"server_error","error_description":"Errors.Internal","token":"secret"})");
    shows("unauthorized_client", "{\"error\": \"unauthorized_client\"}\n");
    shows("why", R"({"error_description":"why"})");
    shows("Not Found", R"({"code":5,"message":"Not Found"})");
    for (const std::string_view body :
         {"{}", R"({"secret":"a"})", R"({"error":{"a":"secret"}})", R"({"error":"a","error":"b"})",
          R"({"error":"a)", "{not JSON}", R"({"error":"\ud800"})"}) {
      shows("", body);
    }
  }

  void shows_the_first_line_of_text() {
    shows("unable to set instance", "unable to set instance\n");
    shows("first", "\xef\xbb\xbf\r\n\r\n  first \r\nsecond");
    shows("a", "a\rb");
    for (const std::string_view body : {"", "\n", " \r\n\t"}) shows("", body);
  }

  void looks_at_the_beginning_of_a_long_answer() {
    const std::string mebibyte(1 << 20, 'a');
    CPPUNIT_ASSERT_EQUAL(std::string(300, 'a'), words(mebibyte));
    shows("", "{\"error\":\"" + mebibyte + "\"}");
    shows("", "<html>" + mebibyte + "<title>late</title>");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerWordsTest);

}  // namespace
