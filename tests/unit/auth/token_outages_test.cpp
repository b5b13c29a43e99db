// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "auth/breaker.h"
#include "auth/token_validator.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Error;
using auth::HttpResponse;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLifetime{30};

// What one token brings about, and what ZITADEL itself.
class TokenOutagesTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenOutagesTest);
  CPPUNIT_TEST(five_tokens_that_zitadel_answers_oddly_concern_nobody_else);
  CPPUNIT_TEST(a_slow_few_concern_nobody_else);
  CPPUNIT_TEST(behind_the_first_deadline_nobody_waits);
  CPPUNIT_TEST(who_waits_for_its_turn_is_told_at_once_that_zitadel_is_away);
  CPPUNIT_TEST(a_trial_is_asked_without_anybody_waiting_for_it);
  CPPUNIT_TEST(who_asks_about_the_token_of_a_trial_does_not_wait_either);
  CPPUNIT_TEST(one_trial_a_second_goes_on);
  CPPUNIT_TEST(a_trial_goes_to_a_known_token);
  CPPUNIT_TEST(the_first_answer_of_any_kind_ends_it);
  CPPUNIT_TEST(a_token_that_was_idle_has_its_grace_at_once);
  CPPUNIT_TEST(refused_credentials_give_no_grace);
  CPPUNIT_TEST(a_429_shuts_out_no_known_token);
  CPPUNIT_TEST(a_429_leaves_a_token_refused_that_was_good_before);
  CPPUNIT_TEST(a_429_of_its_own_leaves_a_token_its_grace);
  CPPUNIT_TEST(honours_retry_after_for_new_tokens);
  CPPUNIT_TEST(strangers_failures_prolong_no_grace);
  CPPUNIT_TEST_SUITE_END();

  // As often as five callers would ask whom ZITADEL always answers so; others are served meanwhile.
  void five_tokens_that_zitadel_answers_oddly_concern_nobody_else() {
    make_known("known");
    const Error odd[] = {{Reason::kConnectionLost},
                         {Reason::kAnswerTruncated},
                         {Reason::kAnswerStalled},
                         {Reason::kAnswerTooLarge},
                         {Reason::kMalformedAnswer}};
    int good = 0;
    for (const int status : {400, 403, 404, 408, 413, 418, 500, 502, 503, 504, 301, 204}) {
      for (int i = 0; i < 5; ++i) {
        CPPUNIT_ASSERT(!ask_and_answer("odd " + std::to_string(i), status, "").has_value());
      }
      make_known("good " + std::to_string(++good));
      CPPUNIT_ASSERT(answer_at_once("known").has_value());
      clock_.advance(milliseconds(20));
    }
    for (const Error& error : odd) {
      for (int i = 0; i < 5; ++i) {
        authorize("odd", token_required_, std::to_string(++good));
        zitadel_answers(error);
        assert_reason(error.reason, answer_of(std::to_string(good)));
      }
      make_known("good " + std::to_string(++good));
    }
  }

  // One user's introspection takes longer than the deadline; six of his tokens, again and again.
  void a_slow_few_concern_nobody_else() {
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 6; ++i) authorize("slow " + std::to_string(round * 6 + i));
      std::vector<support::ScriptedHttpClient::Question> slow;
      while (http_.waiting() > 0) slow.push_back(http_.take());
      for (int i = 0; i < 5; ++i) {
        clock_.advance(seconds(1));
        make_known("other " + std::to_string(round * 5 + i));
      }
      for (const auto& question : slow) question.done(Error{Reason::kTimedOut});
      settle();
      make_known("at once " + std::to_string(round));
    }
  }

  void behind_the_first_deadline_nobody_waits() {
    make_known("known");
    go_away();
    const std::size_t asked = http_.asked();
    for (int i = 0; i < 20; ++i) {
      const std::string who = "token " + std::to_string(i);
      authorize(who);
      const auto answer = answer_of(who);
      assert_reason(Reason::kCircuitOpen, answer);
      CPPUNIT_ASSERT(answer.error().retry_after == seconds(1));
    }
    CPPUNIT_ASSERT_EQUAL(asked, http_.asked());
    CPPUNIT_ASSERT(answer_at_once("known").has_value());
  }

  void who_waits_for_its_turn_is_told_at_once_that_zitadel_is_away() {
    start([](auth::Settings& settings) { settings.max_in_flight = 1; });
    for (const char* token : {"asked", "first", "second"}) authorize(token);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    zitadel_answers(Error{Reason::kTimedOut});
    assert_reason(Reason::kTimedOut, answer_of("asked"));
    assert_reason(Reason::kCircuitOpen, answer_of("first"));
    assert_reason(Reason::kCircuitOpen, answer_of("second"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void a_trial_is_asked_without_anybody_waiting_for_it() {
    go_away();
    clock_.advance(seconds(2));
    authorize("token");
    assert_reason(Reason::kCircuitOpen, answer_of("token"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(200, active("somebody"));
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_at_once("token")));
  }

  void who_asks_about_the_token_of_a_trial_does_not_wait_either() {
    go_away();
    clock_.advance(seconds(2));
    for (const char* who : {"first", "second"}) {
      authorize("token", token_required_, who);
      assert_reason(Reason::kCircuitOpen, answer_of(who));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
  }

  void one_trial_a_second_goes_on() {
    start([](auth::Settings& settings) { settings.grace = seconds(600); });
    make_known("known");
    clock_.advance(kLifetime);
    go_away();
    const std::size_t asked = http_.asked();
    for (int tenths = 0; tenths < 50; ++tenths) {
      clock_.advance(milliseconds(100));
      const std::string who = "caller " + std::to_string(tenths);
      authorize("known", token_required_, who);
      CPPUNIT_ASSERT(answers_.wait(who).answer.has_value());
    }
    const std::size_t trials = http_.asked() - asked;
    CPPUNIT_ASSERT(trials >= 4 && trials <= 5);
    while (http_.waiting() > 0) zitadel_answers(Error{Reason::kTimedOut});
  }

  void a_trial_goes_to_a_known_token() {
    make_known("known");
    clock_.advance(kLifetime);
    go_away();
    clock_.advance(milliseconds(900));
    authorize("known", token_required_, "early");
    assert_reason(Reason::kCircuitOpen, answer_of("early"));
    clock_.advance(milliseconds(900));
    authorize("stranger");
    assert_reason(Reason::kCircuitOpen, answer_of("stranger"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    authorize("known", token_required_, "caller");
    assert_reason(Reason::kCircuitOpen, answer_of("caller"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(200, active("known"));
    CPPUNIT_ASSERT(answer_at_once("known").has_value());
    make_known("stranger");
  }

  void the_first_answer_of_any_kind_ends_it() {
    for (const int status : {200, 400, 403, 404, 429, 500, 503}) {
      go_away();
      clock_.advance(seconds(2));
      const std::string trial = "trial " + std::to_string(status);
      authorize(trial);
      zitadel_answers(HttpResponse{status, inactive_, seconds(1)});
      clock_.advance(seconds(1));
      make_known("behind it " + std::to_string(status));
      clock_.advance(milliseconds(1));
    }
  }

  void a_token_that_was_idle_has_its_grace_at_once() {
    start([](auth::Settings& settings) { settings.grace = seconds(600); });
    make_known("idle");
    clock_.advance(seconds(60));
    go_away();
    authorize("idle", token_required_, "caller");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    CPPUNIT_ASSERT(answer_of("caller").has_value());
    CPPUNIT_ASSERT(answer_at_once("idle").has_value());
  }

  void refused_credentials_give_no_grace() {
    start([](auth::Settings& settings) { settings.grace = seconds(600); });
    authentication_.can_renew_ = false;
    make_known("token");
    clock_.advance(kLifetime);
    authorize("stranger");
    zitadel_answers(400, R"({"error": "unauthorized_client"})");
    assert_reason(Reason::kClientAuthenticationRefused, answer_of("stranger"));
    authorize("token", token_required_, "caller");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    assert_reason(Reason::kClientAuthenticationRefused, answer_of("caller"));
  }

  void limit(const std::string& token, seconds retry_after) {
    authorize(token);
    zitadel_answers(HttpResponse{429, "", retry_after});
    assert_reason(Reason::kRateLimited, answer_of(token));
  }

  void a_429_shuts_out_no_known_token() {
    make_known("known");
    limit("stranger", seconds(300));
    for (int lifetimes = 0; lifetimes < 5; ++lifetimes) {
      clock_.advance(kLifetime);
      CPPUNIT_ASSERT(ask_and_answer("known", 200, active("known")).has_value());
      clock_.advance(seconds(20));
      CPPUNIT_ASSERT(answer_at_once("known").has_value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
      zitadel_answers(200, active("known"));
    }
    assert_reason(Reason::kInactive, [&] {
      clock_.advance(kLifetime);
      return ask_and_answer("known", 200, inactive_);
    }());
  }

  // It is asked about again, not answered 503, though nobody knows it as good any more.
  void a_429_leaves_a_token_refused_that_was_good_before() {
    make_known("known");
    limit("stranger", seconds(300));
    for (int again = 0; again < 3; ++again) {
      clock_.advance(kLifetime);
      assert_reason(Reason::kInactive, ask_and_answer("known", 200, inactive_));
    }
  }

  void a_429_of_its_own_leaves_a_token_its_grace() {
    start([](auth::Settings& settings) { settings.grace = seconds(600); });
    make_known("token");
    clock_.advance(kLifetime);
    authorize("token", token_required_, "caller");
    zitadel_answers(HttpResponse{429, "", seconds(20)});
    CPPUNIT_ASSERT(answer_of("caller").has_value());
  }

  void honours_retry_after_for_new_tokens() {
    authorize("first");
    zitadel_answers(HttpResponse{429, "", seconds(30)});
    const auto first = answer_of("first");
    assert_reason(Reason::kRateLimited, first);
    CPPUNIT_ASSERT(first.error().retry_after == seconds(30));
    const std::size_t asked = http_.asked();
    clock_.advance(seconds(10));
    authorize("second");
    const auto second = answer_of("second");
    assert_reason(Reason::kRateLimited, second);
    CPPUNIT_ASSERT(second.error().retry_after == seconds(20));
    clock_.advance(milliseconds(19'999));
    authorize("third");
    assert_reason(Reason::kRateLimited, answer_of("third"));
    CPPUNIT_ASSERT_EQUAL(asked, http_.asked());
    clock_.advance(milliseconds(1));
    make_known("afterwards");
  }

  // TTL 5, grace 600: a token is revoked while strangers' tokens are answered 403, 429, not at all.
  void strangers_failures_prolong_no_grace() {
    static constexpr seconds kTtl{5};
    start([](auth::Settings& settings) {
      settings.cache_ttl = kTtl;
      settings.grace = seconds(600);
    });
    make_known("revoked");
    bool refused = false;
    for (int tenths = 0; tenths < 60 && !refused; ++tenths) {
      clock_.advance(milliseconds(100));
      const std::string stranger = "stranger " + std::to_string(tenths);
      authorize(stranger);
      if (http_.waiting() > 0) {
        zitadel_answers(HttpResponse{tenths % 2 == 0 ? 403 : 429, "", seconds(1)});
      }
      const std::string caller = "caller " + std::to_string(tenths);
      authorize("revoked", token_required_, caller);
      while (http_.waiting() > 0) zitadel_answers(200, inactive_);
      const auto answer = answers_.wait(caller).answer;
      refused = !answer.has_value();
      if (refused) assert_reason(Reason::kInactive, answer);
      CPPUNIT_ASSERT(refused || tenths < 50);
    }
    CPPUNIT_ASSERT(refused);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenOutagesTest);

}  // namespace
