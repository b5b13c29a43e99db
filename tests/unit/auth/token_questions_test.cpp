// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "auth/token_validator.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Error;
using auth::HttpResponse;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::lines_with;

constexpr const char* kDiscovered =
    "{\"issuer\": \"https://issuer.example\", "
    "\"introspection_endpoint\": \"https://issuer.example/found\"}";

// Which questions reach ZITADEL, who shares them, and what happens when they cannot be asked.
class TokenQuestionsTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenQuestionsTest);
  CPPUNIT_TEST(turns_away_at_once_who_cannot_wait_any_more);
  CPPUNIT_TEST(followers_count_among_those_who_wait);
  CPPUNIT_TEST(all_who_share_a_question_share_its_failure);
  CPPUNIT_TEST(an_http_client_that_fails_at_once_is_survived);
  CPPUNIT_TEST(discovery_that_fails_is_tried_again_when_asked);
  CPPUNIT_TEST(many_callers_share_one_question);
  CPPUNIT_TEST(each_who_shares_a_question_gets_its_own_decision);
  CPPUNIT_TEST(different_tokens_do_not_wait_for_each_other);
  CPPUNIT_TEST(many_tokens_share_one_discovery);
  CPPUNIT_TEST(warming_up_survives_everything);
  CPPUNIT_TEST(warming_up_saves_the_first_caller_discovery);
  CPPUNIT_TEST(many_threads_each_get_the_answer_for_their_token);
  CPPUNIT_TEST(reads_no_second_time_at_once_what_is_too_long_to_keep);
  CPPUNIT_TEST_SUITE_END();

  void reads_no_second_time_at_once_what_is_too_long_to_keep() {
    const support::LogCapture log;
    assert_reason(Reason::kClaimsTooLong,
                  ask_and_answer("token", 200, active(std::string(200'000, 'x'))));
    assert_reason(Reason::kClaimsTooLong, answer_at_once("token"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    clock_.advance(seconds(5));
    CPPUNIT_ASSERT(ask_and_answer("token", 200, active("user")).has_value());
  }

  void start_with_discovery() {
    start([](auth::Settings& settings) { settings.introspection_url.clear(); });
  }

  void turns_away_at_once_who_cannot_wait_any_more() {
    start([](auth::Settings& settings) { settings.max_parked = 3; });
    make_known("known");
    for (int i = 0; i < 3; ++i) authorize("token " + std::to_string(i));
    const support::LogCapture log;
    const auto answer = answer_at_once("one more");
    assert_reason(Reason::kTooManyWaiting, answer);
    CPPUNIT_ASSERT(answer.error().retry_after == seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "ZITADEL_MAX_PARKED"));
    CPPUNIT_ASSERT(answer_at_once("known").has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, http_.waiting());
    zitadel_answers(200, active());
    static_cast<void>(answer_of("token 0"));
    authorize("now");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, http_.waiting());
  }

  void followers_count_among_those_who_wait() {
    start([](auth::Settings& settings) { settings.max_parked = 3; });
    for (int i = 0; i < 3; ++i) authorize("token", token_required_, std::to_string(i));
    assert_reason(Reason::kTooManyWaiting, answer_at_once("token"));
    zitadel_answers(200, active());
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(answer_of(std::to_string(i)).has_value());
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
  }

  void all_who_share_a_question_share_its_failure() {
    for (int i = 0; i < 100; ++i) authorize("token", token_required_, std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    zitadel_answers(Error{Reason::kAnswerTruncated});
    for (int i = 0; i < 100; ++i) {
      assert_reason(Reason::kAnswerTruncated, answer_of(std::to_string(i)));
    }
    // It was one failure, and nothing of it is remembered.
    make_known("token");
  }

  void an_http_client_that_fails_at_once_is_survived() {
    http_.fail_at_once(Error{Reason::kInternal, "no memory"});
    for (int i = 0; i < 3; ++i) {
      const std::string who = "token " + std::to_string(i);
      authorize(who);
      assert_reason(Reason::kInternal, answer_of(who));
    }
    http_.fail_at_once(std::nullopt);
    make_known("token");
  }

  void discovery_that_fails_is_tried_again_when_asked() {
    start_with_discovery();
    for (int i = 0; i < 3; ++i) authorize("token " + std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    zitadel_answers(503);
    for (int i = 0; i < 3; ++i) {
      assert_reason(Reason::kServerError, answer_of("token " + std::to_string(i)));
    }
    authorize("again");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(200, "{\"issuer\": \"https://other.example\"}");
    assert_reason(Reason::kIssuerMismatch, answer_of("again"));
    clock_.advance(seconds(1));
    authorize("once more");
    zitadel_answers(200, kDiscovered);
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(answer_of("once more").has_value());
  }

  void many_callers_share_one_question() {
    for (int i = 0; i < 1000; ++i) authorize("token", token_required_, std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answers_.given());
    zitadel_answers(200, active("somebody"));
    for (const auto& given : answers_.wait(1000U)) {
      CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(given.answer));
    }
    CPPUNIT_ASSERT_EQUAL(1, authentication_.applied_.load());
  }

  void each_who_shares_a_question_gets_its_own_decision() {
    const auth::Requirement reader = require("role:reader");
    const auth::Requirement writer = require("role:writer");
    const auth::Requirement either = require("role:writer or role:reader");
    authorize("token", writer, "writer");
    authorize("token", reader, "reader");
    authorize("token", token_required_, "anybody");
    authorize("token", either, "either");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    zitadel_answers(200, active("a", with_role("reader")));
    assert_reason(Reason::kRoleMissing, answer_of("writer"));
    CPPUNIT_ASSERT(answer_of("reader").has_value());
    CPPUNIT_ASSERT(answer_of("anybody").has_value());
    CPPUNIT_ASSERT(answer_of("either").has_value());
  }

  void different_tokens_do_not_wait_for_each_other() {
    authorize("slow");
    authorize("fast");
    const auto slow = http_.take();
    zitadel_answers(200, active("fast"));
    CPPUNIT_ASSERT_EQUAL(std::string("fast"), subject(answer_of("fast")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, answers_.given());
    slow.done(HttpResponse{200, active("slow")});
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("slow"), subject(answer_of("slow")));
  }

  void many_tokens_share_one_discovery() {
    start_with_discovery();
    for (int i = 0; i < 10; ++i) authorize("token " + std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    zitadel_answers(200, kDiscovered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, http_.waiting());
    for (int i = 0; i < 10; ++i) {
      const auto question = http_.take();
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/found"), question.url);
      question.done(HttpResponse{200, active()});
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, answers_.wait(10U).size());
    make_known("one more");
  }

  void warming_up_survives_everything() {
    start_with_discovery();
    const support::LogCapture log;
    validator_->warm_up();
    zitadel_answers(Error{Reason::kUnreachable, "connection refused"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "connection refused"));
    validator_->warm_up();
    zitadel_answers(200, "<html>");
    http_.fail_at_once(Error{Reason::kInternal});
    validator_->warm_up();
    http_.fail_at_once(std::nullopt);
    validator_->warm_up();
    validator_.reset();
    zitadel_answers(200, kDiscovered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
  }

  void warming_up_saves_the_first_caller_discovery() {
    start_with_discovery();
    validator_->warm_up();
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/.well-known/openid-configuration"),
                         [&] {
                           const auto question = http_.take();
                           question.done(HttpResponse{200, kDiscovered});
                           return question.url;
                         }());
    make_known("token");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
  }

  // Answers carry the token as their subject: nobody may get another one's.
  void many_threads_each_get_the_answer_for_their_token() {
    constexpr int kThreads = 4;
    constexpr int kRounds = 2000;
    start([](auth::Settings& settings) {
      settings.cache_max_bytes = 64 * 600;
      settings.max_parked = 2 * kThreads * kRounds;
    });
    std::atomic<int> wrong{0};
    std::atomic<int> answered{0};
    std::thread issuer([&] {
      while (answered < kThreads * kRounds) {
        if (http_.waiting() == 0) {
          std::this_thread::yield();
          continue;
        }
        const auto question = http_.take();
        const std::size_t end = question.form.find('&');
        question.done(HttpResponse{200, active(question.form.substr(6, end - 6))});
        clock_.advance(milliseconds(20));
      }
    });
    std::vector<std::thread> callers;
    for (int caller = 0; caller < kThreads; ++caller) {
      callers.emplace_back([&, caller] {
        for (int round = 0; round < kRounds; ++round) {
          const std::string token = std::to_string((round * (caller + 1)) % 300);
          validator_->authorize(auth::SecretView(token), token_required_, {},
                                [&, token](const auth::TokenValidator::Answer& answer) {
                                  if (!answer || (*answer)->subject() != token) ++wrong;
                                  ++answered;
                                });
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    issuer.join();
    validator_.reset();
    workers_.reset();
    CPPUNIT_ASSERT_EQUAL(kThreads * kRounds, answered.load());
    CPPUNIT_ASSERT_EQUAL(0, wrong.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenQuestionsTest);

}  // namespace
