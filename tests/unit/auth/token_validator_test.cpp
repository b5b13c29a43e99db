// SPDX-License-Identifier: Apache-2.0
#include "auth/token_validator.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "auth/refusal_log.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Error;
using auth::HttpResponse;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::lines_with;

// What the validator makes of answers, and how long it remembers them.
class TokenValidatorTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenValidatorTest);
  CPPUNIT_TEST(lets_nobody_in_whom_zitadel_does_not_answer_for);
  CPPUNIT_TEST(asks_about_a_known_token_that_has_just_expired);
  CPPUNIT_TEST(refuses_a_token_that_has_expired_a_minute_ago_without_a_question);
  CPPUNIT_TEST(a_clock_that_is_ahead_costs_nobody_a_token);
  CPPUNIT_TEST(remembers_a_refusal_for_five_seconds);
  CPPUNIT_TEST(remembers_no_failure);
  CPPUNIT_TEST(asks_every_time_where_nothing_is_kept);
  CPPUNIT_TEST(a_known_token_says_nothing_of_one_that_is_alike);
  CPPUNIT_TEST(decides_anew_for_each_requirement);
  CPPUNIT_TEST(a_role_of_another_project_opens_nothing);
  CPPUNIT_TEST(writes_no_token_into_the_log);
  CPPUNIT_TEST(tells_the_operator_which_key_was_refused);
  CPPUNIT_TEST(tells_now_and_then_why_tokens_are_refused);
  CPPUNIT_TEST(retries_a_refused_assertion_exactly_once);
  CPPUNIT_TEST(looks_at_no_token_where_none_is_required);
  CPPUNIT_TEST(answers_for_a_known_token_at_once);
  CPPUNIT_TEST(answers_for_others_on_the_pool);
  CPPUNIT_TEST(remembers_an_answer_for_its_lifetime);
  CPPUNIT_TEST(a_caller_may_ask_again_from_within_its_answer);
  CPPUNIT_TEST_SUITE_END();

  void lets_nobody_in_whom_zitadel_does_not_answer_for() {
    struct Case {
      int status;
      std::string body;
      Reason reason;
    };
    const Case cases[] = {
        {200, inactive_, Reason::kInactive},
        {200, active("a", "\"exp\": 1"), Reason::kExpired},
        {200, active("a", "\"nbf\": 9000000000"), Reason::kNotYetValid},
        {200, active("a", "\"iss\": \"https://other.example\""), Reason::kWrongIssuer},
        {200, active("a", "\"aud\": [\"other\"]"), Reason::kWrongAudience},
        {200, "{\"active\": \"true\"}", Reason::kMalformedAnswer},
        {200, "<html>", Reason::kMalformedAnswer},
        {200, "", Reason::kMalformedAnswer},
        {204, "", Reason::kUnexpectedStatus},
        {302, active(), Reason::kRedirected},
        {400, active(), Reason::kOurRequestRefused},
        {403, active(), Reason::kUnexpectedStatus},
        {500, active(), Reason::kServerError},
        {503, active(), Reason::kServerError},
    };
    start([](auth::Settings& settings) { settings.project_id = "123"; });
    int number = 0;
    for (const Case& each : cases) {
      assert_reason(each.reason,
                    ask_and_answer("token " + std::to_string(number), each.status, each.body));
      make_known("good " + std::to_string(number++));
    }
    for (const Reason reason :
         {Reason::kAnswerTooLarge, Reason::kAnswerTruncated, Reason::kAnswerStalled,
          Reason::kConnectionLost, Reason::kUnreachable, Reason::kTlsFailed, Reason::kTimedOut}) {
      const std::string who = "token " + std::to_string(number++);
      authorize(who);
      zitadel_answers(Error{reason});
      assert_reason(reason, answer_of(who));
      const bool is_away = reason == Reason::kUnreachable || reason == Reason::kTlsFailed ||
                           reason == Reason::kTimedOut;
      if (is_away) come_back();
      make_known("good " + who);
    }
  }

  // Our clock may be ahead of ZITADEL's: for a minute it is asked.
  void asks_about_a_known_token_that_has_just_expired() {
    static_cast<void>(ask_and_answer("token", 200, active("a", expires_in(seconds(10)))));
    static_cast<void>(ask_and_answer("other", 200, active("b", expires_in(seconds(10)))));
    clock_.advance(milliseconds(9'999));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    clock_.advance(milliseconds(1));
    assert_reason(Reason::kInactive, ask_and_answer("token", 200, inactive_));
    const std::string still_active = active("b", "\"exp\": 1700000010");
    CPPUNIT_ASSERT(ask_and_answer("other", 200, still_active).has_value());
    clock_.advance(seconds(15));
    CPPUNIT_ASSERT(ask_and_answer("other", 200, still_active).has_value());
  }

  void refuses_a_token_that_has_expired_a_minute_ago_without_a_question() {
    start([](auth::Settings& settings) { settings.cache_ttl = seconds(3600); });
    static_cast<void>(ask_and_answer("token", 200, active("a", expires_in(seconds(10)))));
    clock_.advance(seconds(70));
    assert_reason(Reason::kExpired, answer_at_once("token"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  // Our clock is an hour ahead, and every answer tells so.
  void a_clock_that_is_ahead_costs_nobody_a_token() {
    clock_ahead_ = seconds(3600);
    const auto active_there = [&](seconds left) {
      return active("a", expires_in(left - clock_ahead_));
    };
    CPPUNIT_ASSERT(ask_and_answer("token", 200, active_there(seconds(100))).has_value());
    clock_.advance(seconds(29));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    while (http_.waiting() > 0) zitadel_answers(200, active_there(seconds(71)));
    clock_.advance(seconds(30));
    CPPUNIT_ASSERT(ask_and_answer("token", 200, active_there(seconds(41))).has_value());
    start([](auth::Settings& settings) { settings.cache_ttl = seconds(3600); });
    CPPUNIT_ASSERT(ask_and_answer("token", 200, active_there(seconds(41))).has_value());
    clock_.advance(seconds(38));  // a date is cut to seconds
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    clock_.advance(seconds(70));
    assert_reason(Reason::kExpired, answer_at_once("token"));
  }

  void remembers_a_refusal_for_five_seconds() {
    assert_reason(Reason::kInactive, ask_and_answer("token", 200, inactive_));
    clock_.advance(milliseconds(4'999));
    assert_reason(Reason::kInactive, answer_at_once("token"));
    assert_reason(Reason::kInactive, answer_at_once("token", require("role:a")));
    clock_.advance(milliseconds(1));
    // ZITADEL says "inactive" for failures of its own too: nothing of it lasts.
    CPPUNIT_ASSERT(ask_and_answer("token", 200, active()).has_value());
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
  }

  void remembers_no_failure() {
    for (int i = 0; i < 3; ++i) {
      assert_reason(Reason::kServerError, ask_and_answer("token", 503, ""));
    }
    make_known("token");
  }

  void asks_every_time_where_nothing_is_kept() {
    start([](auth::Settings& settings) {
      settings.cache_ttl = seconds(0);
      settings.grace = seconds(60);
    });
    for (int i = 0; i < 3; ++i) make_known("token");
    assert_reason(Reason::kInactive, ask_and_answer("token", 200, inactive_));
    assert_reason(Reason::kServerError, ask_and_answer("token", 503, ""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, http_.asked());
  }

  void a_known_token_says_nothing_of_one_that_is_alike() {
    make_known("token");
    for (const char* other : {"Token", "token ", "toke", "tokens", "token="}) {
      assert_reason(Reason::kInactive, ask_and_answer(other, 200, inactive_));
    }
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
  }

  void decides_anew_for_each_requirement() {
    static_cast<void>(
        ask_and_answer("token", 200, active("a", with_role("reader") + ", \"scope\": \"writer\"")));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    CPPUNIT_ASSERT(answer_at_once("token", require("role:reader")).has_value());
    CPPUNIT_ASSERT(answer_at_once("token", require("scope:writer")).has_value());
    assert_reason(Reason::kRoleMissing, answer_at_once("token", require("role:writer")));
    assert_reason(Reason::kScopeMissing, answer_at_once("token", require("scope:reader")));
    assert_reason(Reason::kWrongOrganisation,
                  answer_at_once("token", require("role:reader org:2")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void a_role_of_another_project_opens_nothing() {
    start([](auth::Settings& settings) { settings.project_id = "123"; });
    static_cast<void>(ask_and_answer("token", 200, active("a", with_role("reader"))));
    assert_reason(Reason::kRoleMissing, answer_at_once("token", require("role:reader")));
  }

  void writes_no_token_into_the_log() {
    start([](auth::Settings& settings) { settings.project_id = "123"; });
    const support::LogCapture log;
    const std::string token = "verysecrettoken";
    static_cast<void>(ask_and_answer(token, 200, inactive_));
    clock_.advance(seconds(10));
    for (const char* body : {token.c_str(), "{\"active\": \"verysecrettoken\"}",
                             "{\"active\": true, \"aud\": \"verysecrettoken\"}",
                             "{\"active\": true, \"iss\": \"verysecrettoken\"}"}) {
      static_cast<void>(ask_and_answer(token, 200, body));
      clock_.advance(seconds(10));
    }
    for (const int status : {400, 403, 404, 429, 500}) {
      static_cast<void>(ask_and_answer(token, status, token));
      clock_.advance(seconds(400));
    }
    CPPUNIT_ASSERT(!log.text().empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, lines_with(log.text(), "verysecret"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, lines_with(log.text(), "shared"));
  }

  void tells_the_operator_which_key_was_refused() {
    const support::LogCapture log(auth::LogLevel::kInfo);
    authorize("token");
    zitadel_answers(401);
    zitadel_answers(401);
    assert_reason(Reason::kClientAuthenticationRefused, answer_of("token"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "error: "));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "key id 7"));
  }

  void tells_now_and_then_why_tokens_are_refused() {
    start([](auth::Settings& settings) { settings.project_id = "123"; });
    const auto told = [this](auth::LogLevel level) {
      const support::LogCapture log(level);
      for (int i = 0; i < 3; ++i) {
        static_cast<void>(ask_and_answer("token " + std::to_string(i), 200, inactive_));
        clock_.advance(seconds(1));
      }
      clock_.advance(auth::kRefusalLogInterval);
      return lines_with(log.text(), "calls a token inactive");
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, told(auth::LogLevel::kWarn));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, told(auth::LogLevel::kInfo));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, told(auth::LogLevel::kDebug));
    const support::LogCapture log(auth::LogLevel::kInfo);
    static_cast<void>(ask_and_answer("two", 200, inactive_));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         lines_with(log.text(), "(and 2 more since the last line)"));
    const std::size_t scope = log.text().find("urn:zitadel:iam:org:project:id:");
    CPPUNIT_ASSERT(scope != std::string::npos);
    CPPUNIT_ASSERT(scope < log.text().find("expired"));
    // Other refusals say what they are.
    static_cast<void>(ask_and_answer("three", 200, active("a", "\"aud\": [\"other\"]")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "client id client"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), ", but other"));
  }

  void retries_a_refused_assertion_exactly_once() {
    authorize("token");
    zitadel_answers(400, "{\"error\": \"unauthorized_client\"}");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answers_.given());
    zitadel_answers(200, active("somebody"));
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_of("token")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
    authorize("another");
    zitadel_answers(401);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, answers_.given());
    zitadel_answers(401);
    assert_reason(Reason::kClientAuthenticationRefused, answer_of("another"));
  }

  void looks_at_no_token_where_none_is_required() {
    const auto answer = answer_at_once("", require("public"));
    CPPUNIT_ASSERT(answer.has_value());
    CPPUNIT_ASSERT((*answer)->subject().empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
    static_cast<void>(ask_and_answer("token", 200, inactive_));
    CPPUNIT_ASSERT(answer_at_once("token", require("public")).has_value());
  }

  void answers_for_a_known_token_at_once() {
    make_known("token");
    for (int i = 0; i < 100; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string("token"), subject(answer_at_once("token")));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void answers_for_others_on_the_pool() {
    authorize("token");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answers_.given());
    zitadel_answers(200, active("somebody"));
    // answer_of refuses what came on this thread, which is the HTTP client's as well.
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_of("token")));
  }

  void remembers_an_answer_for_its_lifetime() {
    make_known("token");
    clock_.advance(milliseconds(29'999));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    zitadel_answers(503);  // the refresh
    clock_.advance(milliseconds(1));
    assert_reason(Reason::kInactive, ask_and_answer("token", 200, inactive_));
  }

  void a_caller_may_ask_again_from_within_its_answer() {
    const auto then = answers_.of("second");
    validator_->authorize(
        auth::SecretView("token"), token_required_, {}, [&](const auth::TokenValidator::Answer&) {
          validator_->authorize(auth::SecretView("token"), token_required_, {}, then);
        });
    settle();
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(answers_.wait("second").answer.has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenValidatorTest);

}  // namespace
