// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/challenge.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>
#include <string_view>

#include "auth/base/json.h"

namespace {

using auth::Error;
using auth::Fault;
using auth::Reason;
using auth::Requirement;
using fcgi::Response;

class ChallengeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChallengeTest);
  CPPUNIT_TEST(tells_nothing_of_the_details);
  CPPUNIT_TEST(never_lets_anybody_in);
  CPPUNIT_TEST(gives_no_error_code_to_who_sent_no_token);
  CPPUNIT_TEST(calls_a_malformed_request_invalid_request);
  CPPUNIT_TEST(calls_a_bad_token_invalid_token);
  CPPUNIT_TEST(says_what_was_missing_for_insufficient_scope);
  CPPUNIT_TEST(names_scopes_only_where_they_open_the_door);
  CPPUNIT_TEST(does_not_blame_the_caller_for_a_fault_of_ours);
  CPPUNIT_TEST(asks_who_asks_too_much_to_wait);
  CPPUNIT_TEST(says_when_to_try_again);
  CPPUNIT_TEST(escapes_the_realm_as_a_quoted_string);
  CPPUNIT_TEST(keeps_the_error_description_to_its_characters);
  CPPUNIT_TEST(every_answer_is_json_and_is_not_stored);
  CPPUNIT_TEST_SUITE_END();

  static Requirement requirement(std::string_view text) { return Requirement::parse(text).value(); }

  static Response answer(Error error, std::string_view required = "token",
                         std::string_view realm = "zitadel") {
    return fcgi::challenge(error, requirement(required), {std::string(realm), ""});
  }

  static std::string challenge_of(const Response& response) {
    const std::string* value = response.header("www-authenticate");
    return value == nullptr ? "(none)" : *value;
  }

  // kInternal is the last one; result_test holds the enum to that order.
  template <typename Visit>
  static void for_each_reason(Visit visit) {
    for (int each = 0; each <= static_cast<int>(Reason::kInternal); ++each) {
      visit(static_cast<Reason>(each));
    }
  }

  void tells_nothing_of_the_details() {
    for_each_reason([](Reason reason) {
      const Response response = answer({reason, "detail-4711"});
      CPPUNIT_ASSERT(response.body.find("4711") == std::string::npos);
      CPPUNIT_ASSERT(response.body.find("ZITADEL") == std::string::npos);
      for (const auto& [name, value] : response.headers) {
        CPPUNIT_ASSERT(value.find("4711") == std::string::npos);
        CPPUNIT_ASSERT(value.find("ZITADEL") == std::string::npos);
      }
    });
  }

  void never_lets_anybody_in() {
    for_each_reason([](Reason reason) {
      const int status = answer({reason}).status;
      const Fault fault = auth::fault_of(reason);
      CPPUNIT_ASSERT_EQUAL(fault == Fault::kRequest      ? 400
                           : fault == Fault::kToken      ? 401
                           : fault == Fault::kPermission ? 403
                           : fault == Fault::kLoad       ? 429
                                                         : 503,
                           status);
    });
  }

  // RFC 6750 §3.1: no error code or other error information.
  void gives_no_error_code_to_who_sent_no_token() {
    const Response response = answer({Reason::kNoToken}, "role:read:messages");
    CPPUNIT_ASSERT_EQUAL(401, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"zitadel\""), challenge_of(response));
    CPPUNIT_ASSERT_EQUAL(std::string("{\"error\": \"unauthorized\", \"error_description\": "
                                     "\"no access token was sent\"}"),
                         response.body);
  }

  void calls_a_malformed_request_invalid_request() {
    const Response response = answer({Reason::kMalformedAuthorization}, "scope:a");
    CPPUNIT_ASSERT_EQUAL(400, response.status);
    CPPUNIT_ASSERT_EQUAL(
        std::string("Bearer realm=\"zitadel\", error=\"invalid_request\", error_description=\"the "
                    "Authorization header is not of the form 'Bearer TOKEN'\""),
        challenge_of(response));
    CPPUNIT_ASSERT_EQUAL(
        std::string("{\"error\": \"invalid_request\", \"error_description\": "
                    "\"the Authorization header is not of the form \\\"Bearer TOKEN\\\"\"}"),
        response.body);
  }

  void calls_a_bad_token_invalid_token() {
    const Response response = answer({Reason::kExpired}, "role:read:messages");
    CPPUNIT_ASSERT_EQUAL(401, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"zitadel\", error=\"invalid_token\", "
                                     "error_description=\"the access token has expired\""),
                         challenge_of(response));
  }

  void says_what_was_missing_for_insufficient_scope() {
    const Response response = answer({Reason::kRoleMissing}, "role:read:messages");
    CPPUNIT_ASSERT_EQUAL(403, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"zitadel\", error=\"insufficient_scope\", "
                                     "error_description=\"this needs the role read:messages\""),
                         challenge_of(response));
    CPPUNIT_ASSERT_EQUAL(std::string("{\"error\": \"insufficient_scope\", \"error_description\": "
                                     "\"this needs the role read:messages\"}"),
                         response.body);
  }

  void names_scopes_only_where_they_open_the_door() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("Bearer realm=\"zitadel\", error=\"insufficient_scope\", error_description="
                    "\"this needs the scope a and the scope b\", scope=\"a b\""),
        challenge_of(answer({Reason::kScopeMissing}, "scope:a scope:b")));
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"zitadel\", scope=\"a\""),
                         challenge_of(answer({Reason::kNoToken}, "scope:a")));
    for (const Reason reason : {Reason::kScopeMissing, Reason::kInactive, Reason::kNoToken}) {
      const std::string text = challenge_of(answer({reason}, "scope:a role:b"));
      CPPUNIT_ASSERT_MESSAGE(text, text.find("scope=") == std::string::npos);
    }
  }

  void does_not_blame_the_caller_for_a_fault_of_ours() {
    for (const Reason reason : {Reason::kUnreachable, Reason::kClientAuthenticationRefused}) {
      const Response response = answer({reason});
      CPPUNIT_ASSERT_EQUAL(503, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("(none)"), challenge_of(response));
      CPPUNIT_ASSERT_EQUAL(
          std::string("{\"error\": \"temporarily_unavailable\", \"error_description\": \"the "
                      "access token cannot be checked at the moment\"}"),
          response.body);
    }
  }

  // RFC 6585 §4.
  void asks_who_asks_too_much_to_wait() {
    const Response response =
        answer({Reason::kTooManyFromClient, "", std::chrono::seconds(2)}, "role:read:messages");
    CPPUNIT_ASSERT_EQUAL(429, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("2"), *response.header("retry-after"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), challenge_of(response));
    CPPUNIT_ASSERT_EQUAL(
        std::string("{\"error\": \"too_many_requests\", \"error_description\": \"too many requests "
                    "of this client are waiting\"}"),
        response.body);
  }

  void says_when_to_try_again() {
    using std::chrono::seconds;
    const auto retry_after = [](Error error) { return *answer(error).header("retry-after"); };
    CPPUNIT_ASSERT_EQUAL(std::string("5"), retry_after({Reason::kTimedOut}));
    CPPUNIT_ASSERT_EQUAL(std::string("30"), retry_after({Reason::kRateLimited, "", seconds(30)}));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), retry_after({Reason::kCircuitOpen, "", seconds(0)}));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), retry_after({Reason::kCircuitOpen, "", seconds(-9)}));
    CPPUNIT_ASSERT(answer({Reason::kExpired}).header("retry-after") == nullptr);
  }

  // RFC 9110 §5.6.4.
  void escapes_the_realm_as_a_quoted_string() {
    const auto of_realm = [](std::string_view realm) {
      return challenge_of(answer({Reason::kNoToken}, "token", realm));
    };
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"\""), of_realm(""));
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"a b, c=d\""), of_realm("a b, c=d"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(Bearer realm="a\"b\\c")"), of_realm(R"(a"b\c)"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(Bearer realm="\", error=\"x")"), of_realm("\", error=\"x"));
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"a??b?\""), of_realm("a\r\nb\x7f"));
  }

  // RFC 6750 §3: %x20-21 / %x23-5B / %x5D-7E.
  void keeps_the_error_description_to_its_characters() {
    const Response response = answer({Reason::kRoleMissing}, "role:a\"b\\c\xc3\xa4~!");
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"zitadel\", error=\"insufficient_scope\", "
                                     "error_description=\"this needs the role a'b?c%C3%A4~!\""),
                         challenge_of(response));
    const auto body = auth::Json::parse(response.body);
    CPPUNIT_ASSERT(body &&
                   body->text_of("error_description") == "this needs the role a\"b\\c%C3%A4~!");
  }

  void every_answer_is_json_and_is_not_stored() {
    for_each_reason([](Reason reason) {
      const Response response = answer({reason});
      CPPUNIT_ASSERT_EQUAL(std::string("no-store"), *response.header("cache-control"));
      CPPUNIT_ASSERT_EQUAL(std::string("application/json"), *response.header("content-type"));
      const auto body = auth::Json::parse(response.body);
      CPPUNIT_ASSERT(body && body->text_of("error") && body->text_of("error_description"));
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChallengeTest);

}  // namespace
