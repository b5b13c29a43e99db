// SPDX-License-Identifier: Apache-2.0
#include "cli/token/token_answer.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <optional>
#include <string>

#include "auth/token/bearer_token.h"

namespace {

using auth::HttpResponse;
using auth::WallTime;
using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'800'000'000)};
const std::string kInternal = R"({"error":"server_error","error_description":"Errors.Internal"})";
const std::string kLikely =
    "the key 333 was deleted, has expired or is of another instance: open the service user under "
    "Users in ZITADEL's console, add a key of type JSON and use that file; (2) --domain is not the "
    "instance that the key is of: it calls itself https://issuer.example; (3) the service user 444 "
    "does not exist there any more: make one; (4) ZITADEL itself is in trouble: try again later";

class TokenAnswerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenAnswerTest);
  CPPUNIT_TEST(blames_the_clock_where_that_is_the_cause);
  CPPUNIT_TEST(names_the_likely_causes_where_none_can_be_told);
  CPPUNIT_TEST(names_a_clock_that_is_a_little_wrong_first);
  CPPUNIT_TEST(says_that_the_clock_cannot_be_told);
  CPPUNIT_TEST(says_that_the_user_is_not_active);
  CPPUNIT_TEST(tells_a_failing_server_from_a_refused_key);
  CPPUNIT_TEST(tells_what_else_zitadel_refused);
  CPPUNIT_TEST(takes_no_answer_without_a_bearer_token);
  CPPUNIT_TEST(takes_the_tokens_that_an_api_takes);
  CPPUNIT_TEST_SUITE_END();

  static auth::Result<auth::Secret, auth::Mistake> read(
      HttpResponse answer, std::size_t most = auth::kUsualAuthorizationBytes) {
    if (answer.status != 200) {
      answer.sent = std::make_shared<const auth::HttpRequest>(
          auth::HttpRequest{"https://issuer.example/oauth/v2/token"});
    }
    return cli::read_token_answer(answer, {"333", "444", nullptr}, "https://issuer.example", kNow,
                                  most);
  }

  static std::string refusal(int status, const std::string& body,
                             std::optional<WallTime> date = kNow) {
    const auto outcome = read({status, body, {}, date});
    CPPUNIT_ASSERT_MESSAGE(body, !outcome);
    return outcome.error().sentence;
  }

  static void says(const std::string& expected, const std::string& message) {
    CPPUNIT_ASSERT_MESSAGE(message, message.find(expected) != std::string::npos);
  }

  void blames_the_clock_where_that_is_the_cause() {
    for (const auto& [ahead, clock] : {std::pair{302, "302 seconds ahead of"},
                                       {600, "600 seconds ahead of"},
                                       {86400, "86400 seconds ahead of"},
                                       {-1500, "1500 seconds behind"},
                                       {-90000, "90000 seconds behind"}}) {
      CPPUNIT_ASSERT_EQUAL(
          "ZITADEL refused the key: server_error: Errors.Internal: this machine's clock is " +
              std::string(clock) + " ZITADEL's: set it right",
          refusal(500, kInternal, kNow - seconds(ahead)));
    }
  }

  void names_the_likely_causes_where_none_can_be_told() {
    for (const int ahead : {-1, 0, 1}) {
      CPPUNIT_ASSERT_EQUAL(
          "ZITADEL refused the key: server_error: Errors.Internal: it does not say why, the likely "
          "causes are, in this order: (1) " +
              kLikely,
          refusal(500, kInternal, kNow - seconds(ahead)));
    }
    // In another version's or language's words.
    says("ZITADEL refused the key: server_error: Interner Fehler: it does not say why",
         refusal(500, R"({"error_description":"Interner Fehler","error":"server_error"})"));
    says("ZITADEL refused the key: server_error: it does not say why",
         refusal(500, R"({"error":"server_error"})"));
  }

  // An assertion is dated back, and lives on for longer than that.
  void names_a_clock_that_is_a_little_wrong_first() {
    const std::string likely =
        " ZITADEL's: set it right; where that does not help, it does not say why, the likely "
        "causes "
        "are, in this order: (1) the key 333";
    for (const int wrong : {2, 301}) {
      says("clock is " + std::to_string(wrong) + " seconds ahead of" + likely,
           refusal(500, kInternal, kNow - seconds(wrong)));
    }
    for (const int wrong : {2, 1499}) {
      says("clock is " + std::to_string(wrong) + " seconds behind" + likely,
           refusal(500, kInternal, kNow + seconds(wrong)));
    }
  }

  void says_that_the_clock_cannot_be_told() {
    const std::string message = refusal(500, kInternal, std::nullopt);
    says(
        "(1) this machine's clock is wrong, which cannot be seen, for the answer tells no time: "
        "compare it with another; (2) the key 333",
        message);
    says("(5) ZITADEL itself", message);
  }

  void says_that_the_user_is_not_active() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("ZITADEL refused: invalid_request: Errors.User.NotActive: the service user 444 "
                    "is locked or deactivated: unlock or reactivate it under Users in ZITADEL's "
                    "console"),
        refusal(400, R"({"error":"invalid_request","error_description":"Errors.User.NotActive"})",
                kNow - seconds(600)));
  }

  void tells_a_failing_server_from_a_refused_key() {
    const std::string failed =
        "ZITADEL answered with a server error (5xx): the token endpoint answered with status ";
    CPPUNIT_ASSERT_EQUAL(failed + "502, saying: 502 Bad Gateway",
                         refusal(502, "<html><head><title>502 Bad Gateway</title></head>"));
    CPPUNIT_ASSERT_EQUAL(failed + "500, saying: no instance", refusal(500, "no instance\n"));
    CPPUNIT_ASSERT_EQUAL(failed + "500", refusal(500, ""));
    CPPUNIT_ASSERT_EQUAL(failed + "500, saying: a: b",
                         refusal(500, R"({"error":"a","error_description":"b"})"));
    CPPUNIT_ASSERT_EQUAL(failed + "503, saying: server_error",
                         refusal(503, R"({"error":"server_error"})"));
    CPPUNIT_ASSERT_EQUAL(failed + "500, saying: " + std::string(300, 'x'),
                         refusal(500, std::string(1 << 20, 'x')));
    says("limits our calls (429)", refusal(429, R"({"error":"slow_down"})"));
    says("redirect, which is never followed", refusal(302, R"({"error":"a"})"));
    says("unexpected status: the token endpoint answered with status 404, saying: unable to set",
         refusal(404, "unable to set instance\n"));
  }

  void tells_what_else_zitadel_refused() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("ZITADEL refused: invalid_grant: because"),
        refusal(400, R"({"error":"invalid_grant","error_description":"because"})"));
    CPPUNIT_ASSERT_EQUAL(std::string("ZITADEL refused: invalid_grant; this machine's clock is 2 "
                                     "seconds ahead of ZITADEL's: set it right"),
                         refusal(400, R"({"error":"invalid_grant"})", kNow - seconds(2)));
    CPPUNIT_ASSERT_EQUAL(std::string("ZITADEL refused: invalid_client"),
                         refusal(401, R"({"error":"invalid_client"})", std::nullopt));
  }

  void takes_no_answer_without_a_bearer_token() {
    for (const char* body : {"", "{}", "<html>", "[]", R"({"token_type":"Bearer"})",
                             R"({"access_token":"","token_type":"Bearer"})",
                             R"({"access_token":{},"token_type":"Bearer"})",
                             R"({"access_token":"a b","token_type":"Bearer"})",
                             R"({"access_token":"a!","token_type":"Bearer"})",
                             R"({"access_token":"a\n","token_type":"Bearer"})",
                             R"({"access_token":"a","access_token":"b","token_type":"Bearer"})"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(body,
                                   std::string("the token endpoint's answer holds no access token"),
                                   refusal(200, body));
    }
    for (const char* type : {"", R"(,"token_type":"mac")", R"(,"token_type":"Bearer ")",
                             R"(,"token_type":["Bearer"])", R"(,"token_type":"N_A")"}) {
      says("is not a bearer token",
           refusal(200, R"({"access_token":"a")" + std::string(type) + '}'));
    }
    for (const int status : {201, 204, 400}) {
      says("answered with status " + std::to_string(status),
           refusal(status, R"({"access_token":"a","token_type":"Bearer"})"));
    }
  }

  void takes_the_tokens_that_an_api_takes() {
    const std::string longest(auth::kUsualAuthorizationBytes - 7, 'a');
    for (const std::string& token : {std::string("a"), std::string("aZ09-._~+/=="), longest}) {
      const auto outcome =
          read({200, R"({"access_token":")" + token + R"(","token_type":"bEARER"})"});
      CPPUNIT_ASSERT_EQUAL(token, std::string(outcome->reveal()));
    }
    const std::string longer = R"({"access_token":"a)" + longest + R"(","token_type":"Bearer"})";
    CPPUNIT_ASSERT_EQUAL(
        std::string("the access token is 16378 bytes long, and an API takes 16384 with the word "
                    "Bearer: set ZITADEL_MAX_TOKEN_BYTES here and there, or grant fewer roles"),
        refusal(200, longer));
    CPPUNIT_ASSERT(read({200, longer}, auth::kUsualAuthorizationBytes + 1).has_value());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenAnswerTest);

}  // namespace
