// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "auth/breaker.h"
#include "auth/cache/token_cache.h"
#include "auth/token_validator.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Error;
using auth::HttpResponse;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLastThird{20};
constexpr seconds kLifetime{30};

// Answers that near their end, and outages.
class TokenRefreshTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenRefreshTest);
  CPPUNIT_TEST(an_unused_token_is_not_asked_about_again);
  CPPUNIT_TEST(a_refusal_in_the_background_takes_effect_at_once);
  CPPUNIT_TEST(a_role_that_was_withdrawn_is_gone_at_once);
  CPPUNIT_TEST(a_failure_in_the_background_ends_nothing_early);
  CPPUNIT_TEST(without_grace_an_outage_ends_with_the_answer);
  CPPUNIT_TEST(one_question_is_under_way_however_many_use_the_token);
  CPPUNIT_TEST(asks_ahead_about_no_more_tokens_than_may_be_in_flight);
  CPPUNIT_TEST(who_comes_after_the_end_waits_for_the_question_under_way);
  CPPUNIT_TEST(a_caller_in_the_last_third_does_not_wait);
  CPPUNIT_TEST(a_new_answer_lasts_a_new_lifetime);
  CPPUNIT_TEST(a_token_in_use_never_makes_its_caller_wait);
  CPPUNIT_TEST(a_long_life_is_used_to_its_last_half_minute);
  CPPUNIT_TEST(grace_never_goes_past_the_tokens_expiry);
  CPPUNIT_TEST(grace_does_not_outlive_itself);
  CPPUNIT_TEST(grace_does_not_help_a_token_that_zitadel_refuses);
  CPPUNIT_TEST(grace_does_not_help_where_the_fault_is_ours);
  CPPUNIT_TEST(grace_knows_no_token_that_was_never_good);
  CPPUNIT_TEST(grace_still_decides_for_each_endpoint);
  CPPUNIT_TEST(grace_serves_while_zitadel_cannot_be_reached);
  CPPUNIT_TEST(grace_serves_while_the_breaker_is_open);
  CPPUNIT_TEST(once_zitadel_is_back_its_word_counts_again);
  CPPUNIT_TEST(who_comes_long_after_the_last_failure_asks_first);
  CPPUNIT_TEST_SUITE_END();

  void start_with_grace() {
    start([](auth::Settings& settings) { settings.grace = seconds(60); });
  }

  void an_unused_token_is_not_asked_about_again() {
    make_known("token");
    clock_.advance(kLastThird - milliseconds(1));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    clock_.advance(seconds(8));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void a_refusal_in_the_background_takes_effect_at_once() {
    make_known("token");
    clock_.advance(kLastThird);
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_at_once("token"));
  }

  void a_role_that_was_withdrawn_is_gone_at_once() {
    static_cast<void>(ask_and_answer("token", 200, active("a", with_role("reader"))));
    clock_.advance(kLastThird);
    CPPUNIT_ASSERT(answer_at_once("token", require("role:reader")).has_value());
    zitadel_answers(200, active("a"));
    assert_reason(Reason::kRoleMissing, answer_at_once("token", require("role:reader")));
  }

  void a_failure_in_the_background_ends_nothing_early() {
    make_known("token");
    clock_.advance(kLastThird);
    for (int second = 20; second < 24; ++second) {
      CPPUNIT_ASSERT(answer_at_once("token").has_value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
      zitadel_answers(503);
      CPPUNIT_ASSERT(answer_at_once("token").has_value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
      clock_.advance(seconds(1));
    }
    clock_.advance(milliseconds(5'999));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
  }

  void without_grace_an_outage_ends_with_the_answer() {
    make_known("token");
    clock_.advance(kLastThird);
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    zitadel_answers(Error{Reason::kUnreachable});
    clock_.advance(kLifetime - kLastThird);
    authorize("token", token_required_, "late");
    assert_reason(Reason::kCircuitOpen, answer_of("late"));
    zitadel_answers(Error{Reason::kUnreachable});
  }

  void one_question_is_under_way_however_many_use_the_token() {
    make_known("token");
    clock_.advance(kLastThird);
    for (int tenths = 0; tenths < 50; ++tenths) {
      for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(answer_at_once("token").has_value());
      clock_.advance(milliseconds(100));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
  }

  void asks_ahead_about_no_more_tokens_than_may_be_in_flight() {
    start([](auth::Settings& settings) { settings.max_in_flight = 3; });
    for (int i = 0; i < 5; ++i) make_known("token " + std::to_string(i));
    clock_.advance(kLastThird);
    for (int i = 0; i < 5; ++i) {
      CPPUNIT_ASSERT(answer_at_once("token " + std::to_string(i)).has_value());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, http_.waiting());
  }

  void who_comes_after_the_end_waits_for_the_question_under_way() {
    make_known("token");
    clock_.advance(kLastThird);
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    clock_.advance(kLifetime - kLastThird);
    authorize("token", token_required_, "late");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(200, active("anew"));
    CPPUNIT_ASSERT_EQUAL(std::string("anew"), subject(answer_of("late")));
  }

  void a_caller_in_the_last_third_does_not_wait() {
    make_known("token");
    clock_.advance(kLastThird);
    CPPUNIT_ASSERT_EQUAL(std::string("token"), subject(answer_at_once("token")));
    zitadel_answers(200, active("anew"));
    CPPUNIT_ASSERT_EQUAL(std::string("anew"), subject(answer_at_once("token")));
  }

  void a_new_answer_lasts_a_new_lifetime() {
    make_known("token");
    clock_.advance(seconds(29));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    zitadel_answers(200, active("anew"));
    clock_.advance(kLastThird - milliseconds(1));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
  }

  void a_token_in_use_never_makes_its_caller_wait() {
    make_known("token");
    for (int second = 0; second < 600; ++second) {
      CPPUNIT_ASSERT(answer_at_once("token").has_value());
      if (http_.waiting() > 0 && second % 3 == 0) zitadel_answers(200, active("token"));
      clock_.advance(seconds(1));
    }
    // One question for each two thirds of a lifetime, and no more.
    CPPUNIT_ASSERT(http_.asked() >= 25 && http_.asked() <= 31);
  }

  void a_long_life_is_used_to_its_last_half_minute() {
    start([](auth::Settings& settings) { settings.cache_ttl = seconds(300); });
    make_known("token");
    for (int second = 0; second < 3600; ++second) {
      CPPUNIT_ASSERT(answer_at_once("token").has_value());
      if (http_.waiting() > 0) zitadel_answers(200, active("token"));
      clock_.advance(seconds(1));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1 + 13}, http_.asked());
  }

  void grace_never_goes_past_the_tokens_expiry() {
    start_with_grace();
    static_cast<void>(ask_and_answer("token", 200, active("a", expires_in(seconds(40)))));
    clock_.advance(seconds(35));
    CPPUNIT_ASSERT(ask_and_answer("token", 503, "").has_value());
    clock_.advance(milliseconds(4'999));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    zitadel_answers(503);
    clock_.advance(milliseconds(1));
    assert_reason(Reason::kExpired, ask_and_answer("token", 503, ""));
    clock_.advance(seconds(20));
    assert_reason(Reason::kExpired, ask_and_answer("token", 503, ""));
  }

  void grace_does_not_outlive_itself() {
    start_with_grace();
    make_known("token");
    clock_.advance(milliseconds(89'999));
    CPPUNIT_ASSERT(ask_and_answer("token", 503, "").has_value());
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    clock_.advance(milliseconds(1));
    assert_reason(Reason::kServerError, ask_and_answer("token", 503, ""));
  }

  void grace_does_not_help_a_token_that_zitadel_refuses() {
    start_with_grace();
    make_known("token");
    clock_.advance(kLifetime);
    assert_reason(Reason::kInactive, ask_and_answer("token", 200, inactive_));
    clock_.advance(auth::kRefusalLifetime);
    assert_reason(Reason::kServerError, ask_and_answer("token", 503, ""));
  }

  void grace_does_not_help_where_the_fault_is_ours() {
    start_with_grace();
    make_known("token");
    clock_.advance(kLifetime);
    assert_reason(Reason::kOurRequestRefused, ask_and_answer("token", 400, ""));
    authentication_.can_renew_ = false;
    assert_reason(Reason::kClientAuthenticationRefused, ask_and_answer("token", 401, ""));
  }

  void grace_knows_no_token_that_was_never_good() {
    start_with_grace();
    make_known("token");
    clock_.advance(kLifetime);
    assert_reason(Reason::kServerError, ask_and_answer("another", 503, ""));
  }

  void grace_still_decides_for_each_endpoint() {
    start_with_grace();
    static_cast<void>(ask_and_answer("token", 200, active("a", with_role("reader"))));
    clock_.advance(kLifetime);
    const auth::Requirement reader = require("role:reader");
    const auth::Requirement writer = require("role:writer");
    authorize("token", reader, "reader");
    authorize("token", writer, "writer");
    zitadel_answers(503);
    CPPUNIT_ASSERT(answer_of("reader").has_value());
    assert_reason(Reason::kRoleMissing, answer_of("writer"));
    assert_reason(Reason::kRoleMissing, answer_at_once("token", writer));
  }

  void grace_serves_while_zitadel_cannot_be_reached() {
    start_with_grace();
    make_known("token");
    clock_.advance(kLifetime);
    for (const Reason reason : {Reason::kUnreachable, Reason::kTlsFailed, Reason::kTimedOut,
                                Reason::kAnswerTruncated, Reason::kMalformedAnswer}) {
      clock_.advance(seconds(11));
      const std::string who(auth::describe(reason));
      authorize("token", token_required_, who);
      zitadel_answers(Error{reason});
      CPPUNIT_ASSERT_MESSAGE(who, answer_of(who).has_value());
    }
  }

  void grace_serves_while_the_breaker_is_open() {
    start_with_grace();
    make_known("token");
    clock_.advance(kLifetime);
    go_away();
    authorize("token", token_required_, "breaker");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    CPPUNIT_ASSERT(answer_of("breaker").has_value());
  }

  void once_zitadel_is_back_its_word_counts_again() {
    start_with_grace();
    make_known("token");
    clock_.advance(kLifetime);
    CPPUNIT_ASSERT(ask_and_answer("token", 503, "").has_value());
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_at_once("token"));
  }

  void who_comes_long_after_the_last_failure_asks_first() {
    start_with_grace();
    make_known("token");
    clock_.advance(kLifetime);
    CPPUNIT_ASSERT(ask_and_answer("token", 503, "").has_value());
    clock_.advance(seconds(20));
    assert_reason(Reason::kInactive, ask_and_answer("token", 200, inactive_));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenRefreshTest);

}  // namespace
