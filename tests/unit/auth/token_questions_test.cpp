#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "auth/breaker.h"
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
  CPPUNIT_TEST(opens_the_breaker_after_five_failures);
  CPPUNIT_TEST(tries_once_a_second_while_the_breaker_is_open);
  CPPUNIT_TEST(a_refused_token_is_no_failure_of_zitadel);
  CPPUNIT_TEST(honours_retry_after);
  CPPUNIT_TEST(all_who_share_a_question_share_its_failure);
  CPPUNIT_TEST(an_http_client_that_fails_at_once_is_survived);
  CPPUNIT_TEST(discovery_that_fails_is_tried_again_when_asked);
  CPPUNIT_TEST(many_callers_share_one_question);
  CPPUNIT_TEST(each_who_shares_a_question_gets_its_own_decision);
  CPPUNIT_TEST(different_tokens_do_not_wait_for_each_other);
  CPPUNIT_TEST(many_tokens_share_one_discovery);
  CPPUNIT_TEST(destroyed_with_questions_under_way_it_answers_them_all_the_same);
  CPPUNIT_TEST(destroyed_with_questions_under_way_it_ends_them_with_the_client);
  CPPUNIT_TEST(destroyed_while_discovery_is_under_way_it_answers_all);
  CPPUNIT_TEST(warming_up_survives_everything);
  CPPUNIT_TEST(warming_up_saves_the_first_caller_discovery);
  CPPUNIT_TEST(many_threads_each_get_the_answer_for_their_token);
  CPPUNIT_TEST_SUITE_END();

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
    http_.answer(200, active());
    static_cast<void>(answer_of("token 0"));
    authorize("now");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, http_.waiting());
  }

  void followers_count_among_those_who_wait() {
    start([](auth::Settings& settings) { settings.max_parked = 3; });
    for (int i = 0; i < 3; ++i) authorize("token", token_required_, std::to_string(i));
    assert_reason(Reason::kTooManyWaiting, answer_at_once("token"));
    http_.answer(200, active());
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(answer_of(std::to_string(i)).has_value());
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
  }

  void opens_the_breaker_after_five_failures() {
    make_known("known");
    fail(auth::kFailuresToOpen);
    const std::size_t asked = http_.asked();
    authorize("unknown");
    const auto answer = answer_of("unknown");
    assert_reason(Reason::kCircuitOpen, answer);
    CPPUNIT_ASSERT(answer.error().retry_after == seconds(1));
    CPPUNIT_ASSERT(answer_at_once("known").has_value());
    CPPUNIT_ASSERT_EQUAL(asked, http_.asked());
  }

  void tries_once_a_second_while_the_breaker_is_open() {
    fail(auth::kFailuresToOpen);
    const std::size_t asked = http_.asked();
    for (int tenths = 0; tenths < 30; ++tenths) {
      clock_.advance(milliseconds(100));
      const std::string who = "token " + std::to_string(tenths);
      authorize(who);
      if (http_.waiting() > 0) http_.answer(503);
      CPPUNIT_ASSERT(!answer_of(who).has_value());
    }
    CPPUNIT_ASSERT_EQUAL(asked + 3, http_.asked());
    clock_.advance(seconds(1));
    make_known("the trial");
    for (int i = 0; i < 3; ++i) make_known("closed " + std::to_string(i));
  }

  void a_refused_token_is_no_failure_of_zitadel() {
    for (int i = 0; i < 3 * auth::kFailuresToOpen; ++i) {
      static_cast<void>(ask_and_answer("made up " + std::to_string(i), 200, inactive_));
    }
    // Nor do four failures add up over a refusal in between.
    fail(auth::kFailuresToOpen - 1);
    static_cast<void>(ask_and_answer("made up", 200, inactive_));
    fail(auth::kFailuresToOpen - 1);
    make_known("token");
  }

  void honours_retry_after() {
    make_known("known");
    authorize("first");
    http_.answer(HttpResponse{429, "", seconds(30)});
    const auto first = answer_of("first");
    assert_reason(Reason::kRateLimited, first);
    CPPUNIT_ASSERT(first.error().retry_after == seconds(30));
    const std::size_t asked = http_.asked();
    clock_.advance(seconds(10));
    authorize("second");
    const auto second = answer_of("second");
    assert_reason(Reason::kRateLimited, second);
    CPPUNIT_ASSERT(second.error().retry_after == seconds(20));
    clock_.advance(milliseconds(9'900));
    CPPUNIT_ASSERT(answer_at_once("known").has_value());
    CPPUNIT_ASSERT_EQUAL(asked, http_.asked());
    clock_.advance(milliseconds(10'100));
    make_known("afterwards");
  }

  void all_who_share_a_question_share_its_failure() {
    for (int i = 0; i < 100; ++i) authorize("token", token_required_, std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    http_.answer(Error{Reason::kTimedOut});
    for (int i = 0; i < 100; ++i) assert_reason(Reason::kTimedOut, answer_of(std::to_string(i)));
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
    http_.answer(Error{Reason::kUnreachable});
    for (int i = 0; i < 3; ++i) {
      assert_reason(Reason::kUnreachable, answer_of("token " + std::to_string(i)));
    }
    authorize("again");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    http_.answer(200, "{\"issuer\": \"https://other.example\"}");
    assert_reason(Reason::kIssuerMismatch, answer_of("again"));
    clock_.advance(seconds(1));
    authorize("once more");
    http_.answer(200, kDiscovered);
    http_.answer(200, active());
    CPPUNIT_ASSERT(answer_of("once more").has_value());
  }

  void many_callers_share_one_question() {
    for (int i = 0; i < 1000; ++i) authorize("token", token_required_, std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answers_.given());
    http_.answer(200, active("somebody"));
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
    http_.answer(200, active("a", with_role("reader")));
    assert_reason(Reason::kRoleMissing, answer_of("writer"));
    CPPUNIT_ASSERT(answer_of("reader").has_value());
    CPPUNIT_ASSERT(answer_of("anybody").has_value());
    CPPUNIT_ASSERT(answer_of("either").has_value());
  }

  void different_tokens_do_not_wait_for_each_other() {
    authorize("slow");
    authorize("fast");
    const auto slow = http_.take();
    http_.answer(200, active("fast"));
    CPPUNIT_ASSERT_EQUAL(std::string("fast"), subject(answer_of("fast")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, answers_.given());
    slow.done(HttpResponse{200, active("slow")});
    CPPUNIT_ASSERT_EQUAL(std::string("slow"), subject(answer_of("slow")));
  }

  void many_tokens_share_one_discovery() {
    start_with_discovery();
    for (int i = 0; i < 10; ++i) authorize("token " + std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    http_.answer(200, kDiscovered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, http_.waiting());
    for (int i = 0; i < 10; ++i) {
      const auto question = http_.take();
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/found"), question.url);
      question.done(HttpResponse{200, active()});
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, answers_.wait(10U).size());
    make_known("one more");
  }

  void destroyed_with_questions_under_way_it_answers_them_all_the_same() {
    for (int i = 0; i < 10; ++i) authorize("token", token_required_, std::to_string(i));
    authorize("refused");
    validator_.reset();
    http_.answer(200, active("somebody"));
    http_.answer(200, inactive_);
    for (int i = 0; i < 10; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_of(std::to_string(i))));
    }
    assert_reason(Reason::kInactive, answer_of("refused"));
  }

  void destroyed_with_questions_under_way_it_ends_them_with_the_client() {
    make_known("token");
    clock_.advance(seconds(20));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());  // a refresh nobody waits for
    for (int i = 0; i < 10; ++i) authorize("token " + std::to_string(i));
    validator_.reset();
    const support::LogCapture log;
    http_.shut_down();
    for (int i = 0; i < 10; ++i) {
      assert_reason(Reason::kShuttingDown, answer_of("token " + std::to_string(i)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void destroyed_while_discovery_is_under_way_it_answers_all() {
    start_with_discovery();
    validator_->warm_up();
    for (int i = 0; i < 3; ++i) authorize("token " + std::to_string(i));
    validator_.reset();
    http_.answer(200, kDiscovered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, http_.waiting());
    http_.shut_down();
    for (int i = 0; i < 3; ++i) {
      assert_reason(Reason::kShuttingDown, answer_of("token " + std::to_string(i)));
    }
  }

  void warming_up_survives_everything() {
    start_with_discovery();
    const support::LogCapture log;
    validator_->warm_up();
    http_.answer(Error{Reason::kUnreachable, "connection refused"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "connection refused"));
    validator_->warm_up();
    http_.answer(200, "<html>");
    http_.fail_at_once(Error{Reason::kInternal});
    validator_->warm_up();
    http_.fail_at_once(std::nullopt);
    validator_->warm_up();
    validator_.reset();
    http_.answer(200, kDiscovered);
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
    start([](auth::Settings& settings) { settings.cache_max_tokens = 64; });
    std::atomic<bool> finished{false};
    std::atomic<int> wrong{0};
    std::atomic<int> answered{0};
    std::thread issuer([&] {
      while (!finished || http_.waiting() > 0) {
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
          validator_->authorize(auth::SecretView(token), token_required_,
                                [&, token](const auth::TokenValidator::Answer& answer) {
                                  if (!answer || (*answer)->subject() != token) ++wrong;
                                  ++answered;
                                });
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    finished = true;
    issuer.join();
    validator_.reset();
    workers_.reset();
    CPPUNIT_ASSERT_EQUAL(kThreads * kRounds, answered.load());
    CPPUNIT_ASSERT_EQUAL(0, wrong.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenQuestionsTest);

}  // namespace
