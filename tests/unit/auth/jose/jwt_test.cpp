// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/jwt.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "auth/jose/base64url.h"
#include "tests/unit/support/jwt_fixture.h"
#include "tests/unit/support/jwts.h"
#include "tests/unit/support/keys.h"

namespace {

using auth::Reason;
using auth::jose::Algorithm;
using auth::jose::base64url_encode;
using auth::jose::Jwt;
using auth::jose::SharedKey;
using support::rsa_key;
using support::signed_jwt;
using support::verification_key;

class JwtTest : public support::JwtFixture {
  CPPUNIT_TEST_SUITE(JwtTest);
  CPPUNIT_TEST(refuses_what_does_not_have_three_parts);
  CPPUNIT_TEST(refuses_a_header_that_is_no_json_object);
  CPPUNIT_TEST(refuses_a_header_with_a_member_twice);
  CPPUNIT_TEST(refuses_base64url_in_any_other_spelling);
  CPPUNIT_TEST(refuses_trailing_bytes);
  CPPUNIT_TEST(refuses_what_is_too_long);
  CPPUNIT_TEST(refuses_none_in_any_case);
  CPPUNIT_TEST(refuses_hmac);
  CPPUNIT_TEST(refuses_an_alg_that_is_no_name_it_knows);
  CPPUNIT_TEST(refuses_every_extension);
  CPPUNIT_TEST(refuses_another_type_of_token);
  CPPUNIT_TEST(refuses_a_kid_that_is_no_string);
  CPPUNIT_TEST(takes_the_types_of_an_access_token);
  CPPUNIT_TEST(reads_the_kid);
  CPPUNIT_TEST(tells_jwts_from_opaque_tokens);
  CPPUNIT_TEST_SUITE_END();

  // With a header of one's own, signed as it should be.
  static void check_header_refused(Reason expected, const std::string& header) {
    check_unparsed(expected, signed_jwt(rsa_key(), Algorithm::kRs256, header, "{}"));
  }

  void refuses_what_does_not_have_three_parts() {
    // {"alg":"RS256"}
    const std::string header = "eyJhbGciOiJSUzI1NiJ9";
    for (const std::string& text :
         {std::string(), std::string("."), std::string(".."), header, header + ".e30",
          header + ".e30.AA.", header + ".e30.AA.AA", header + ".e30.AA.AA.AA",
          "." + header + ".e30", header + ".." + ".", "..." + header}) {
      check_unparsed(Reason::kMalformedJwt, text);
    }
  }

  void refuses_a_header_that_is_no_json_object() {
    for (const char* header :
         {"", "null", "[]", "\"RS256\"", "{", "{}}", R"({"alg":"RS256"}{})", R"({"alg":"RS256",})",
          "{'alg':'RS256'}", "{\"alg\":\"RS256\"}\x01", "{\"alg\":\"RS256\",\"kid\":\"\xff\"}"}) {
      check_header_refused(Reason::kMalformedJwt, header);
    }
  }

  // RFC 7515 §4: "The Header Parameter names within the JOSE Header MUST be unique".
  void refuses_a_header_with_a_member_twice() {
    for (const char* header :
         {R"({"alg":"RS256","alg":"RS256"})", R"({"alg":"none","alg":"RS256"})",
          R"({"alg":"RS256","\u0061lg":"none"})", R"({"alg":"RS256","x":{"a":1,"a":2}})"}) {
      check_header_refused(Reason::kMalformedJwt, header);
    }
  }

  void refuses_base64url_in_any_other_spelling() {
    const SharedKey key = verification_key(rsa_key());
    const std::string text = signed_jwt(rsa_key(), Algorithm::kRs256, R"({"alg":"RS256" })", "{}");
    CPPUNIT_ASSERT(verify(text, key).has_value());
    const std::size_t dot = text.find('.');
    // The same bytes, with bits set behind the last one.
    CPPUNIT_ASSERT_EQUAL('Q', text[dot - 1]);
    check_unparsed(Reason::kMalformedJwt, std::string(text).replace(dot - 1, 1, "R"));
    check_unparsed(Reason::kMalformedJwt, std::string(text).insert(dot, "=="));
    check_unparsed(Reason::kMalformedJwt, std::string(text).insert(dot, "\n"));
    check_unparsed(Reason::kMalformedJwt, ' ' + text);
    // The last of 342 letters of the signature stands for two bits and four that must be zero.
    std::string other = text;
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    other.back() = alphabet[alphabet.find(text.back()) + 1];
    check_unverified(Reason::kMalformedJwt, other, key);
    for (const char* end : {"=", "==", " ", "\n", "+", "/", "%"}) {
      check_unverified(Reason::kMalformedJwt, text + end, key);
    }
    // A payload that was signed so, behind {"alg":"RS256"}
    for (const std::string payload : {"e31", "e30=", "e3 0", "e30\n", "e"}) {
      const std::string signed_text = "eyJhbGciOiJSUzI1NiJ9." + payload;
      check_unverified(
          Reason::kMalformedJwt,
          signed_text + '.' +
              base64url_encode(support::signature_of(rsa_key(), Algorithm::kRs256, signed_text)),
          key);
    }
  }

  void refuses_trailing_bytes() {
    const SharedKey key = verification_key(rsa_key());
    const std::string text = signed_jwt(Algorithm::kRs256, "1", "{}");
    check_unverified(Reason::kMalformedJwt, text + '.', key);
    check_unverified(Reason::kMalformedJwt, text + ".AAAA", key);
    check_unverified(Reason::kMalformedJwt, text + std::string(1, '\0'), key);
    check_unverified(Reason::kBadSignature, text + "AAAA", key);
  }

  void refuses_what_is_too_long() {
    const SharedKey key = verification_key(rsa_key());
    const auto of_payload = [](std::size_t bytes) {
      return signed_jwt(Algorithm::kRs256, "1", std::string(bytes, 'a'));
    };
    const std::size_t rest = of_payload(0).size();
    const std::size_t most = (auth::jose::kMaxJwtBytes - rest) * 3 / 4;
    CPPUNIT_ASSERT(verify(of_payload(most), key).has_value());
    check_unparsed(Reason::kMalformedJwt, of_payload(most + 3));
    const auto of_kid = [](std::size_t bytes) {
      return signed_jwt(Algorithm::kRs256, std::string(bytes, 'a'), "{}");
    };
    const std::size_t most_kid = auth::jose::kMaxJwtHeaderBytes * 3 / 4 - 24;
    CPPUNIT_ASSERT(verify(of_kid(most_kid), key).has_value());
    check_unparsed(Reason::kMalformedJwt, of_kid(most_kid + 3));
  }

  void refuses_none_in_any_case() {
    for (const char* alg : {"none", "None", "NONE", "nOnE", "none "}) {
      const std::string header = "{\"alg\":\"" + std::string(alg) + "\"}";
      check_header_refused(Reason::kUnsupportedAlgorithm, header);
      check_unparsed(Reason::kUnsupportedAlgorithm, base64url_encode(header) + ".e30.");
    }
  }

  void refuses_hmac() {
    for (const char* alg : {"HS256", "HS384", "HS512", "hs256"}) {
      check_header_refused(Reason::kUnsupportedAlgorithm, "{\"alg\":\"" + std::string(alg) + "\"}");
    }
  }

  void refuses_an_alg_that_is_no_name_it_knows() {
    for (const char* alg :
         {"\"\"", "\"rs256\"", "\"RS1\"", "\"RSA-OAEP\"", "\"ES256K\"", "\"ES521\"", "\"Ed448\"",
          "\"RS256 \"", "1", "null", "[\"RS256\"]", "{\"RS256\":1}", "true"}) {
      check_header_refused(Reason::kUnsupportedAlgorithm, "{\"alg\":" + std::string(alg) + '}');
    }
    check_header_refused(Reason::kUnsupportedAlgorithm, "{}");
    check_header_refused(Reason::kUnsupportedAlgorithm, R"({"ALG":"RS256"})");
  }

  // RFC 7515 §4.1.11: "If any of the listed extension Header Parameters are not understood and
  // supported by the recipient, then the JWS is invalid."
  void refuses_every_extension() {
    for (const char* more :
         {R"("crit":["exp"],"exp":1)", R"("crit":["b64"],"b64":true)", R"("crit":["alg"])",
          R"("crit":[])", R"("crit":null)", R"("crit":"b64")", R"("b64":false)", R"("b64":null)",
          R"("b64":"true")", R"("b64":1)", R"("crit":["b64"],"b64":false)"}) {
      check_header_refused(Reason::kUnsupportedExtension,
                           R"({"alg":"RS256",)" + std::string(more) + '}');
    }
  }

  void refuses_another_type_of_token() {
    for (const char* type : {"\"\"", "\"JOSE\"", "\"dpop+jwt\"", "\"logout+jwt\"",
                             "\"secevent+jwt\"", "\"at+jwt \"", "\"application/application/jwt\"",
                             "\"text/jwt\"", "\"application/\"", "null", "1", "[\"JWT\"]"}) {
      check_header_refused(Reason::kUnsupportedTokenType,
                           R"({"alg":"RS256","typ":)" + std::string(type) + '}');
    }
  }

  void refuses_a_kid_that_is_no_string() {
    for (const char* kid : {"1", "null", "[\"1\"]", "{}"}) {
      check_header_refused(Reason::kMalformedJwt,
                           R"({"alg":"RS256","kid":)" + std::string(kid) + '}');
    }
  }

  // RFC 7519 §5.1, RFC 9068 §2.1; RFC 7515 §4.1.9 on "application/" and on case.
  void takes_the_types_of_an_access_token() {
    for (const char* type : {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt",
                             "application/jwt", "Application/AT+jwt"}) {
      const std::string header = R"({"typ":")" + std::string(type) + R"(","alg":"RS256"})";
      CPPUNIT_ASSERT_MESSAGE(
          type, Jwt::parse(signed_jwt(rsa_key(), Algorithm::kRs256, header, "{}")).has_value());
    }
  }

  void reads_the_kid() {
    const auto kid = [](const std::string& header) {
      return Jwt::parse(base64url_encode(header) + ".e30.AA")->key_id();
    };
    CPPUNIT_ASSERT(kid(R"({"alg":"RS256"})") == std::nullopt);
    CPPUNIT_ASSERT(kid(R"({"alg":"RS256","kid":""})") == "");
    CPPUNIT_ASSERT(kid(R"({"kid":"a/\"\u00e9","b64":true,"alg":"RS256"})") == "a/\"\xc3\xa9");
  }

  void tells_jwts_from_opaque_tokens() {
    // {"alg", { "alg", {\n"alg", {}
    for (const char* token : {"eyJhbGciOiJSUzI1NiJ9.e30.AA", "eyJhbGciOiJSUzI1NiJ9.", "eyAiYWxnIg.",
                              "ewoiYWxnIg.e30", "e30.e30.AA", "eyJ.a.b.c.d", "eyJ.!"}) {
      CPPUNIT_ASSERT_MESSAGE(token, auth::jose::looks_like_jwt(token));
    }
    // Of ZITADEL and of others, none with both a brace at its start and a dot
    for (const char* token :
         {"", ".", "e.", "e", "ey", "dEnGhIFs3VnqcQU5D2zRSeiarB1nwH6goIKY0J8Mlow",
          "eyJhbGciOiJSUzI1NiJ9", "ya29.a0AfB_by", "a.b.c", "FyJ.e30.AA", "evJ.e30.AA",
          "V2_123-at_456"}) {
      CPPUNIT_ASSERT_MESSAGE(token, !auth::jose::looks_like_jwt(token));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JwtTest);

}  // namespace
