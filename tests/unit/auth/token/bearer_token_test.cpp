// SPDX-License-Identifier: Apache-2.0
#include "auth/token/bearer_token.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using auth::Reason;

class BearerTokenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BearerTokenTest);
  CPPUNIT_TEST(says_that_no_token_was_sent);
  CPPUNIT_TEST(passes_over_other_schemes);
  CPPUNIT_TEST(refuses_bearer_without_a_token);
  CPPUNIT_TEST(refuses_more_than_one_token);
  CPPUNIT_TEST(refuses_each_byte_that_no_b64token_holds);
  CPPUNIT_TEST(refuses_padding_anywhere_but_at_the_end);
  CPPUNIT_TEST(refuses_anything_but_spaces_after_the_scheme);
  CPPUNIT_TEST(refuses_two_headers_whatever_they_hold);
  CPPUNIT_TEST(refuses_a_header_that_is_too_long);
  CPPUNIT_TEST(takes_a_header_of_the_greatest_length);
  CPPUNIT_TEST(goes_by_the_length_that_it_is_told);
  CPPUNIT_TEST(takes_every_byte_of_a_b64token);
  CPPUNIT_TEST(takes_the_scheme_in_any_case);
  CPPUNIT_TEST(takes_several_spaces_after_the_scheme);
  CPPUNIT_TEST(takes_no_blanks_around_the_value_for_a_part_of_it);
  CPPUNIT_TEST(gives_a_view_into_the_header);
  CPPUNIT_TEST(calls_a_bearer_token_what_it_takes_and_nothing_else);
  CPPUNIT_TEST(says_what_a_file_holds_instead_of_a_token);
  CPPUNIT_TEST_SUITE_END();

  static auth::Result<auth::SecretView> parse(std::string_view header) {
    return auth::bearer_token(std::vector<std::string_view>{header});
  }

  static void refuses(Reason reason, std::string_view header) {
    const auto token = parse(header);
    CPPUNIT_ASSERT_MESSAGE(std::string(header), !token);
    CPPUNIT_ASSERT_MESSAGE(std::string(header), token.error().reason == reason);
    CPPUNIT_ASSERT_MESSAGE(std::string(header), token.error().detail.empty());
  }

  static void takes(const std::string& token, std::string_view header) {
    const auto found = parse(header);
    CPPUNIT_ASSERT_MESSAGE(std::string(header), found.has_value());
    CPPUNIT_ASSERT_EQUAL(token, std::string(found->reveal()));
  }

  void says_that_no_token_was_sent() {
    const auto none = auth::bearer_token({});
    CPPUNIT_ASSERT(!none && none.error().reason == Reason::kNoToken);
    for (const char* header : {"", " ", "\t", " \t "}) refuses(Reason::kNoToken, header);
  }

  void passes_over_other_schemes() {
    for (const char* header :
         {"Basic dXNlcjpwYXNz", "Digest username=\"a\"", "Basic", "Bearertoken", "Bearer.token",
          "Bearer_", "xBearer token", "Beare token", "b token", "token", ",Bearer token", "\x01",
          "\xff token", "Be\x01rer token", "\"Bearer\" token", "BearEs token", "B%61rer token"}) {
      refuses(Reason::kNoToken, header);
    }
  }

  void refuses_bearer_without_a_token() {
    for (const char* header : {"Bearer", "bearer", "Bearer ", "Bearer     ", "Bearer\t"}) {
      refuses(Reason::kMalformedAuthorization, header);
    }
  }

  void refuses_more_than_one_token() {
    for (const char* header :
         {"Bearer a b", "Bearer a  b", "Bearer a, Bearer b", "Bearer a,b", "Bearer a,Bearer b",
          "Bearer a,", "Bearer realm=\"a\"", "Bearer token=a", "Bearer Bearer a", "Bearer a\tb"}) {
      refuses(Reason::kMalformedAuthorization, header);
    }
  }

  // RFC 6750 §2.1: b64token.
  void refuses_each_byte_that_no_b64token_holds() {
    const std::string_view members =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=";
    int refused = 0;
    for (int code = 0; code < 256; ++code) {
      const char byte = static_cast<char>(code);
      if (members.find(byte) != std::string_view::npos) continue;
      refuses(Reason::kMalformedAuthorization, "Bearer to" + std::string(1, byte) + "ken");
      ++refused;
    }
    CPPUNIT_ASSERT_EQUAL(187, refused);
  }

  void refuses_padding_anywhere_but_at_the_end() {
    for (const char* header :
         {"Bearer =", "Bearer ==", "Bearer =a", "Bearer a=b", "Bearer a==b="}) {
      refuses(Reason::kMalformedAuthorization, header);
    }
  }

  void refuses_anything_but_spaces_after_the_scheme() {
    for (const char* header :
         {"Bearer\ttoken", "Bearer \ttoken", "Bearer,token", "Bearer:token", "Bearer=token",
          "Bearer/token", "Bearer\xa0token", "Bearer\ntoken"}) {
      refuses(Reason::kMalformedAuthorization, header);
    }
  }

  void refuses_two_headers_whatever_they_hold() {
    for (const std::vector<std::string_view>& headers :
         {std::vector<std::string_view>{"Bearer a", "Bearer a"},
          {"Bearer a", ""},
          {"", "Bearer a"},
          {"Basic a", "Basic a"},
          {"", ""},
          {"Bearer a", "Bearer b", "Bearer c"}}) {
      const auto token = auth::bearer_token(headers);
      CPPUNIT_ASSERT(!token && token.error().reason == Reason::kRepeatedAuthorization);
    }
  }

  void refuses_a_header_that_is_too_long() {
    const std::string header = "Bearer " + std::string(auth::kUsualAuthorizationBytes - 6, 'a');
    refuses(Reason::kAuthorizationTooLong, header);
    refuses(Reason::kAuthorizationTooLong, std::string(auth::kUsualAuthorizationBytes + 1, ' '));
  }

  void takes_a_header_of_the_greatest_length() {
    const std::string token(auth::kUsualAuthorizationBytes - 7, 'a');
    takes(token, "Bearer " + token);
  }

  void goes_by_the_length_that_it_is_told() {
    for (const std::size_t most : {auth::kLeastAuthorizationBytes, auth::kMostAuthorizationBytes}) {
      const std::string fits = "Bearer " + std::string(most - 7, 'a');
      const std::string_view headers[] = {fits};
      CPPUNIT_ASSERT(auth::bearer_token(headers, most).has_value());
      const std::string longer = fits + 'a';
      const std::string_view too_long[] = {longer};
      const auto refused = auth::bearer_token(too_long, most);
      CPPUNIT_ASSERT(!refused && refused.error().reason == Reason::kAuthorizationTooLong);
      CPPUNIT_ASSERT(auth::is_bearer_token(fits.substr(7), most));
      CPPUNIT_ASSERT(!auth::is_bearer_token(longer.substr(7), most));
    }
  }

  void takes_every_byte_of_a_b64token() {
    const std::string token =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/";
    takes(token, "Bearer " + token);
    takes(token + "=", "Bearer " + token + "=");
    takes(token + "==", "Bearer " + token + "==");
    takes("mF_9.B5f-4.1JqM", "Bearer mF_9.B5f-4.1JqM");  // RFC 6750's own example
    takes("a", "Bearer a");
  }

  void takes_the_scheme_in_any_case() {
    for (const char* header : {"bearer a", "BEARER a", "bEaReR a"}) takes("a", header);
  }

  void takes_several_spaces_after_the_scheme() {
    takes("a", "Bearer  a");
    takes("a", "Bearer" + std::string(100, ' ') + "a");
  }

  void takes_no_blanks_around_the_value_for_a_part_of_it() {
    for (const char* header : {"Bearer a ", "Bearer a\t", " Bearer a", "\t Bearer a \t"}) {
      takes("a", header);
    }
  }

  void gives_a_view_into_the_header() {
    const std::string_view header = "Bearer token";
    const auto token = parse(header);
    CPPUNIT_ASSERT(token && token->reveal().data() == header.data() + 7);
  }

  void calls_a_bearer_token_what_it_takes_and_nothing_else() {
    for (const std::string& token :
         {std::string("a"), std::string("a.b-c_d~e+f/g=="), std::string(), std::string("="),
          std::string("a=b"), std::string("a b"), std::string("a\nb"), std::string("a!"),
          std::string("a\""), std::string("a,"), std::string("\xc3\xbc"), std::string("a\0", 2),
          std::string(auth::kUsualAuthorizationBytes - 7, 'a'),
          std::string(auth::kUsualAuthorizationBytes - 6, 'a')}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(token, parse("Bearer " + token).has_value(),
                                   auth::is_bearer_token(token));
    }
    CPPUNIT_ASSERT(auth::is_bearer("bEARER") && !auth::is_bearer("") &&
                   !auth::is_bearer("Bearer "));
  }

  void says_what_a_file_holds_instead_of_a_token() {
    for (const auto& [text, what] : std::vector<std::pair<std::string_view, std::string_view>>{
             {"a.b-c", ""},
             {"", "is empty"},
             {"Bearer abc", "holds the word Bearer before"},
             {"{\"access_token\":\n1}", "holds JSON"},
             {"\xef\xbb\xbf"
              "abc",
              "begins with a byte order mark"},
             {"root:x:0:0:root:/root:/bin/sh\nbin:x:2:2", "holds several lines"},
             {"a\rb c", "holds several lines"},
             {"abc def", "holds several words"},
             {"abc\tdef", "holds several words"},
             {"\"abc\"", "holds characters that are in no access token"},
             {"root:x:0:0", "holds characters that are in no access token"}}) {
      const std::string said(auth::token_text_mistake(text));
      CPPUNIT_ASSERT_MESSAGE(said, what.empty() ? said.empty() : said.starts_with(what));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BearerTokenTest);

}  // namespace
