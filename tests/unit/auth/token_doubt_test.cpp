// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <optional>
#include <string>

#include "auth/doubt.h"
#include "auth/store/shared_cache.h"
#include "auth/token_validator.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/memory_store.h"
#include "tests/unit/support/store_entries.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Reason;
using auth::SharedCache;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::lines_with;

constexpr seconds kLifetime{30};
constexpr seconds kLastThird{20};

// A ZITADEL that calls every token inactive, and one that has revoked a token.
class TokenDoubtTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenDoubtTest);
  CPPUNIT_TEST(a_lone_callers_token_is_refused);
  CPPUNIT_TEST(a_revoked_token_is_refused_where_another_is_active);
  CPPUNIT_TEST(a_revocation_costs_one_question);
  CPPUNIT_TEST(a_made_up_token_costs_no_question);
  CPPUNIT_TEST(an_expired_token_costs_no_question);
  CPPUNIT_TEST(a_zitadel_that_fails_inside_refuses_nobody);
  CPPUNIT_TEST(nothing_of_its_answers_is_kept);
  CPPUNIT_TEST(an_active_answer_ends_it);
  CPPUNIT_TEST(nobody_is_let_in_while_it_lasts);
  CPPUNIT_TEST(known_tokens_are_served_until_they_run_out);
  CPPUNIT_TEST(grace_does_not_count_unless_it_is_asked_for);
  CPPUNIT_TEST(grace_counts_where_it_is_asked_for);
  CPPUNIT_TEST(a_witness_that_is_not_answered_saves_no_token);
  CPPUNIT_TEST(nobody_waits_for_a_witness_longer_than_the_deadline);
  CPPUNIT_TEST(the_deadline_counts_from_where_the_first_caller_came);
  CPPUNIT_TEST(a_witness_that_comes_later_still_tells_that_zitadel_fails);
  CPPUNIT_TEST(a_witness_is_asked_also_where_one_question_is_the_most);
  CPPUNIT_TEST(the_others_are_told_that_a_refusal_was_confirmed);
  CPPUNIT_TEST(a_confirmed_refusal_of_another_process_costs_no_question);
  CPPUNIT_TEST(an_unconfirmed_refusal_of_another_process_is_doubted);
  CPPUNIT_TEST_SUITE_END();

  static std::string user(int number) { return "user " + std::to_string(number); }

  // Makes tokens of so many users known, and lets their answers run out.
  void know(int users, seconds then = kLifetime) {
    for (int i = 0; i < users; ++i) {
      make_known(user(i));
      clock_.advance(milliseconds(1));
    }
    clock_.advance(then);
  }

  // Of whoever is being asked about.
  [[nodiscard]] std::string asked_token() {
    const auto question = http_.take();
    const std::string form = question.form.substr(6, question.form.find('&') - 6);
    questions_.push_back(question);
    return form;
  }
  void answer_last(const std::string& body) {
    questions_.back().done(auth::HttpResponse{200, body});
    questions_.pop_back();
    settle();
  }

  // ZITADEL calls so many tokens inactive that it must be failing.
  void make_failing() {
    authorize(user(0), token_required_, "first");
    while (http_.waiting() > 0) zitadel_answers(200, inactive_);
    assert_reason(Reason::kZitadelFailing, answer_of("first"));
  }

  void a_lone_callers_token_is_refused() {
    know(1);
    assert_reason(Reason::kInactive, ask_and_answer(user(0), 200, inactive_));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    assert_reason(Reason::kInactive, answer_at_once(user(0)));
  }

  void a_revoked_token_is_refused_where_another_is_active() {
    know(3);
    authorize(user(0), token_required_, "revoked");
    zitadel_answers(200, inactive_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, answers_.given());
    CPPUNIT_ASSERT_EQUAL(std::string("user+2"), asked_token());
    answer_last(active("user 2"));
    assert_reason(Reason::kInactive, answer_of("revoked"));
    assert_reason(Reason::kInactive, answer_at_once(user(0)));
    CPPUNIT_ASSERT(answer_at_once(user(2)).has_value());
  }

  void a_revocation_costs_one_question() {
    constexpr int kUsers = 10;
    know(kUsers, kLastThird);
    for (int i = 0; i < kUsers - 2; ++i) {
      const std::size_t asked = http_.asked();
      authorize(user(i), token_required_, "revoked " + std::to_string(i));
      CPPUNIT_ASSERT(answers_.wait("revoked " + std::to_string(i)).answer.has_value());
      zitadel_answers(200, inactive_);
      while (http_.waiting() > 0) {
        const std::string witness = asked_token();
        answer_last(active("user " + witness.substr(5)));
      }
      assert_reason(Reason::kInactive, answer_at_once(user(i)));
      CPPUNIT_ASSERT(http_.asked() - asked <= 2);
      clock_.advance(seconds(1));
    }
  }

  void a_made_up_token_costs_no_question() {
    know(3);
    for (int i = 0; i < 5; ++i) {
      assert_reason(Reason::kInactive,
                    ask_and_answer("made up " + std::to_string(i), 200, inactive_));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    }
  }

  void an_expired_token_costs_no_question() {
    know(2, seconds(0));
    CPPUNIT_ASSERT(
        ask_and_answer("expires", 200, active("expires", expires_in(seconds(40)))).has_value());
    clock_.advance(seconds(40));
    assert_reason(Reason::kInactive, ask_and_answer("expires", 200, inactive_));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
  }

  void a_zitadel_that_fails_inside_refuses_nobody() {
    know(5);
    const support::LogCapture log(auth::LogLevel::kInfo);
    make_failing();
    const std::size_t asked = http_.asked();
    for (int i = 0; i < 5; ++i) {
      const auto answer = ask_and_answer(user(i), 200, inactive_);
      assert_reason(Reason::kZitadelFailing, answer);
      CPPUNIT_ASSERT(answer.error().retry_after.has_value());
    }
    // Nor new tokens, of which nobody can tell.
    assert_reason(Reason::kZitadelFailing, ask_and_answer("new", 200, inactive_));
    CPPUNIT_ASSERT_EQUAL(asked + 6, http_.asked());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1}, lines_with(log.text(), "error: "));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "failing inside"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "calls a token inactive"));
  }

  void nothing_of_its_answers_is_kept() {
    know(4);
    make_failing();
    for (int i = 0; i < 4; ++i) {
      CPPUNIT_ASSERT(ask_and_answer(user(i), 200, active(user(i))).has_value());
    }
  }

  void an_active_answer_ends_it() {
    know(4);
    const support::LogCapture log(auth::LogLevel::kInfo);
    make_failing();
    make_known("a new one");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "active again"));
    assert_reason(Reason::kInactive, ask_and_answer("made up", 200, inactive_));
  }

  void nobody_is_let_in_while_it_lasts() {
    know(4);
    make_failing();
    for (int round = 0; round < 3; ++round) {
      for (const std::string& token : {user(1), user(3), std::string("never good")}) {
        CPPUNIT_ASSERT(!ask_and_answer(token, 200, inactive_).has_value());
      }
      clock_.advance(kLifetime);
    }
  }

  void known_tokens_are_served_until_they_run_out() {
    know(4, kLastThird);
    CPPUNIT_ASSERT(answer_at_once(user(0)).has_value());
    while (http_.waiting() > 0) zitadel_answers(200, inactive_);
    clock_.advance(seconds(9));
    for (int i = 0; i < 4; ++i) {
      CPPUNIT_ASSERT(answer_at_once(user(i)).has_value());
      while (http_.waiting() > 0) zitadel_answers(200, inactive_);
    }
    clock_.advance(seconds(1));
    assert_reason(Reason::kZitadelFailing, ask_and_answer(user(0), 200, inactive_));
  }

  void start_with_grace(auth::GraceWhen when) {
    start([&](auth::Settings& settings) {
      settings.grace = seconds(600);
      settings.grace_when = when;
    });
    know(4);
  }

  void grace_does_not_count_unless_it_is_asked_for() {
    start_with_grace(auth::GraceWhen::kUnreachable);
    make_failing();
    assert_reason(Reason::kZitadelFailing, ask_and_answer(user(1), 200, inactive_));
  }

  void grace_counts_where_it_is_asked_for() {
    start_with_grace(auth::GraceWhen::kFailing);
    authorize(user(0), token_required_, "first");
    while (http_.waiting() > 0) zitadel_answers(200, inactive_);
    CPPUNIT_ASSERT(answer_of("first").has_value());
    CPPUNIT_ASSERT(ask_and_answer(user(1), 200, inactive_).has_value());
    assert_reason(Reason::kZitadelFailing, ask_and_answer("never good", 200, inactive_));
  }

  void a_witness_that_is_not_answered_saves_no_token() {
    know(3);
    authorize(user(0), token_required_, "revoked");
    zitadel_answers(200, inactive_);
    zitadel_answers(500);
    assert_reason(Reason::kInactive, answer_of("revoked"));
  }

  void start_with_deadline(milliseconds deadline) {
    start([&](auth::Settings& settings) { settings.timeout = deadline; });
    know(3);
  }

  // What ZITADEL has said of the token itself counts.
  void nobody_waits_for_a_witness_longer_than_the_deadline() {
    start_with_deadline(milliseconds(50));
    authorize(user(0), token_required_, "revoked");
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_of("revoked"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    assert_reason(Reason::kInactive, answer_at_once(user(0)));
    zitadel_answers(200, active("user 2"));
    CPPUNIT_ASSERT(answer_at_once(user(2)).has_value());
  }

  void the_deadline_counts_from_where_the_first_caller_came() {
    start_with_deadline(seconds(5));
    authorize(user(0), token_required_, "first");
    clock_.advance(milliseconds(2500));
    authorize(user(0), token_required_, "second");
    clock_.advance(milliseconds(2450));
    const auto answered = std::chrono::steady_clock::now();
    zitadel_answers(200, inactive_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    assert_reason(Reason::kInactive, answer_of("first"));
    assert_reason(Reason::kInactive, answer_of("second"));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() < answered + milliseconds(2500));
  }

  void a_witness_that_comes_later_still_tells_that_zitadel_fails() {
    start_with_deadline(milliseconds(20));
    authorize(user(0), token_required_, "first");
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_of("first"));
    zitadel_answers(200, inactive_);
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kZitadelFailing, ask_and_answer("new", 200, inactive_));
  }

  void a_witness_is_asked_also_where_one_question_is_the_most() {
    start([](auth::Settings& settings) { settings.max_in_flight = 1; });
    know(3, kLastThird);
    CPPUNIT_ASSERT(answer_at_once(user(0)).has_value());  // and is refreshed
    zitadel_answers(200, inactive_);
    CPPUNIT_ASSERT_EQUAL(std::string("user+2"), asked_token());
    answer_last(active("user 2"));
    assert_reason(Reason::kInactive, answer_at_once(user(0)));
  }

  // Another process.
  void use_store() {
    shared_.emplace(std::make_unique<support::MemoryStore>(contents_),
                    *auth::Sealer::make(auth::SecretView("secret"), "context"),
                    SharedCache::Lifetimes{kLifetime, seconds(0), seconds(5)}, clock_);
    validator_ = std::make_unique<auth::TokenValidator>(
        defaults(),
        auth::TokenValidator::Dependencies{http_, authentication_, clock_, *workers_, &*shared_});
  }

  void leave_refusal(const std::string& token, bool confirmed) {
    support::store(*shared_, auth::SecretView(token),
                   {clock_.wall_microseconds(), nullptr, Reason::kInactive, confirmed}, true);
  }

  void the_others_are_told_that_a_refusal_was_confirmed() {
    use_store();
    know(3);
    authorize(user(0), token_required_, "revoked");
    zitadel_answers(200, inactive_);
    zitadel_answers(200, active("user 2"));
    assert_reason(Reason::kInactive, answer_of("revoked"));
    CPPUNIT_ASSERT(support::find(*shared_, auth::SecretView(user(0)))->confirmed);
    assert_reason(Reason::kInactive, ask_and_answer("made up", 200, inactive_));
    CPPUNIT_ASSERT(!support::find(*shared_, auth::SecretView("made up"))->confirmed);
  }

  void a_confirmed_refusal_of_another_process_costs_no_question() {
    use_store();
    know(3);
    leave_refusal(user(0), true);
    authorize(user(0), token_required_, "revoked");
    assert_reason(Reason::kInactive, answer_of("revoked"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
  }

  void an_unconfirmed_refusal_of_another_process_is_doubted() {
    use_store();
    know(3);
    leave_refusal(user(0), false);
    authorize(user(0), token_required_, "caller");
    CPPUNIT_ASSERT_EQUAL(std::string("user+2"), asked_token());
    answer_last(inactive_);
    CPPUNIT_ASSERT_EQUAL(std::string("user+1"), asked_token());
    answer_last(inactive_);
    assert_reason(Reason::kZitadelFailing, answer_of("caller"));
  }

  std::vector<support::ScriptedHttpClient::Question> questions_{};
  const std::shared_ptr<support::StoreContents> contents_ =
      std::make_shared<support::StoreContents>();
  std::optional<SharedCache> shared_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenDoubtTest);

}  // namespace
