// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "auth/token_validator.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::HttpResponse;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kFlooder = "192.0.2.1";
constexpr const char* kOther = "198.51.100.7";
constexpr seconds kLifetime{30};
constexpr seconds kTimeout{5};

// Who has to wait for whom.
class TokenFairnessTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenFairnessTest);
  CPPUNIT_TEST(a_client_beyond_its_share_is_asked_to_come_again);
  CPPUNIT_TEST(three_thousand_made_up_tokens_keep_nobody_waiting);
  CPPUNIT_TEST(six_thousand_made_up_tokens_keep_nobody_waiting);
  CPPUNIT_TEST(clients_that_fill_all_places_shut_nobody_out);
  CPPUNIT_TEST(many_clients_that_fill_all_places_shut_nobody_out);
  CPPUNIT_TEST(networks_that_fill_all_places_shut_nobody_out);
  CPPUNIT_TEST(callers_without_an_address_shut_nobody_out);
  CPPUNIT_TEST(known_tokens_of_one_client_shut_nobody_out);
  CPPUNIT_TEST(who_gives_a_place_up_is_answered_on_a_worker);
  CPPUNIT_TEST(known_tokens_of_one_client_leave_turns);
  CPPUNIT_TEST(known_tokens_are_asked_about_first);
  CPPUNIT_TEST(known_tokens_find_a_place_however_many_wait);
  CPPUNIT_TEST(time_in_our_own_queue_is_no_failure_of_zitadel);
  CPPUNIT_TEST(asks_no_more_at_once_than_the_connections_can_bear);
  CPPUNIT_TEST(who_leaves_is_not_asked_for);
  CPPUNIT_TEST(eight_thousand_who_leave_give_their_places_back);
  CPPUNIT_TEST(a_question_under_way_is_learned_though_nobody_waits);
  CPPUNIT_TEST(who_leaves_does_not_take_the_others_along);
  CPPUNIT_TEST(to_leave_late_or_twice_is_harmless);
  CPPUNIT_TEST(to_leave_behind_the_end_is_harmless);
  CPPUNIT_TEST_SUITE_END();

  // Answers that many questions, the oldest first.
  void answer_all(std::size_t count) {
    for (; count > 0; --count) http_.answer(200, inactive_);
    settle();
  }

  void flood(int tokens) {
    for (int i = 0; i < tokens; ++i) {
      const std::string token = "made up " + std::to_string(i);
      validator_->authorize(
          auth::SecretView(token), token_required_, [] { return kFlooder; }, answers_.of(token));
    }
    settle();
  }

  void a_client_beyond_its_share_is_asked_to_come_again() {
    start([](auth::Settings& settings) { settings.max_parked = 10; });
    flood(5);
    authorize_for(kFlooder, "one more");
    const auto answer = answers_.wait("one more").answer;
    assert_reason(Reason::kTooManyFromClient, answer);
    CPPUNIT_ASSERT(answer.error().retry_after == seconds(1));
    authorize_for(kOther, "of another");
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, http_.waiting());
    answer_all(6);
    authorize_for(kFlooder, "now");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
  }

  // All places for new tokens are taken by these; others come, and each gets an answer of
  // ZITADEL's.
  void shut_nobody_out(const std::vector<std::string>& flooders) {
    start([](auth::Settings& settings) { settings.max_parked = 40; });
    for (std::size_t i = 0; i < 40; ++i) {
      authorize_for(flooders[i % flooders.size()], "made up " + std::to_string(i));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{30}, http_.waiting());
    for (int i = 0; i < 10; ++i) {
      const std::string number = std::to_string(i);
      authorize_for("198.51.100." + number, "good " + number);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{40}, http_.waiting());
    answer_all(30);
    for (int i = 0; i < 10; ++i) zitadel_answers(200, active());
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(answer_of("good " + std::to_string(i)).has_value());
    int told_to_come_again = 0;
    for (const auto& given : answers_.wait(answers_.expected())) {
      if (given.answer || given.answer.error().reason == Reason::kInactive) continue;
      CPPUNIT_ASSERT(given.answer.error().retry_after == seconds(1));
      ++told_to_come_again;
    }
    CPPUNIT_ASSERT_EQUAL(20, told_to_come_again);
  }

  void clients_that_fill_all_places_shut_nobody_out() { shut_nobody_out({kFlooder, "192.0.2.2"}); }

  void many_clients_that_fill_all_places_shut_nobody_out() {
    shut_nobody_out({kFlooder, "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"});
  }

  void networks_that_fill_all_places_shut_nobody_out() {
    std::vector<std::string> households;
    for (int i = 0; i < 40; ++i) households.push_back("2001:db8:0:" + std::to_string(i) + "::1");
    shut_nobody_out(households);
  }

  void callers_without_an_address_shut_nobody_out() { shut_nobody_out({""}); }

  // All of them have run out.
  void make_all_known(const std::string& name, int count) {
    for (int i = 0; i < count; ++i) make_known(name + std::to_string(i));
  }
  void ask_for_all(const std::string& name, int count, std::string_view address) {
    for (int i = 0; i < count; ++i) {
      authorize(name + std::to_string(i), token_required_, name + "'s caller " + std::to_string(i),
                address);
    }
  }

  void known_tokens_of_one_client_shut_nobody_out() {
    start([](auth::Settings& settings) { settings.max_parked = 20; });
    make_all_known("flooder", 30);
    make_all_known("other", 3);
    clock_.advance(kLifetime);
    ask_for_all("flooder", 30, kFlooder);
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, http_.waiting());
    ask_for_all("other", 3, kOther);
    authorize_for(kOther, "new");
    authorize_for("198.51.100.8", "new too");
    CPPUNIT_ASSERT_EQUAL(std::size_t{25}, http_.waiting());
    while (http_.waiting() > 0) zitadel_answers(200, active());
    for (const char* each : {"other's caller 0", "other's caller 2", "new", "new too"}) {
      CPPUNIT_ASSERT(answer_of(each).has_value());
    }
    assert_reason(Reason::kTooManyFromClient, answers_.wait("flooder's caller 19").answer);
    assert_reason(Reason::kTooManyFromClient, answers_.wait("flooder's caller 29").answer);
  }

  // As every other answer: on a worker, and the operator is told.
  void who_gives_a_place_up_is_answered_on_a_worker() {
    start([](auth::Settings& settings) { settings.max_parked = 4; });
    const support::LogCapture log;
    for (const char* token : {"a", "b"}) authorize_for(kFlooder, token);
    authorize_for(kOther, "c");
    authorize_for("198.51.100.8", "d");
    const auto answer = answer_of("b");
    assert_reason(Reason::kTooManyFromClient, answer);
    CPPUNIT_ASSERT(answer.error().retry_after == seconds(1));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "given up to another client"));
    while (http_.waiting() > 0) zitadel_answers(200, active());
  }

  void known_tokens_of_one_client_leave_turns() {
    start([](auth::Settings& settings) { settings.max_in_flight = 8; });
    make_all_known("flooder", 30);
    make_all_known("other", 1);
    clock_.advance(kLifetime);
    ask_for_all("flooder", 30, kFlooder);
    authorize_for("198.51.100.8", "new");
    ask_for_all("other", 1, kOther);
    CPPUNIT_ASSERT_EQUAL(std::size_t{8}, http_.waiting());
    for (int i = 0; i < 2; ++i) zitadel_answers(200, active());
    for (int i = 0; i < 6; ++i) static_cast<void>(http_.take());
    CPPUNIT_ASSERT(http_.take().form.starts_with("token=other0&"));
    CPPUNIT_ASSERT(http_.take().form.starts_with("token=new&"));
  }

  // An issuer that takes a second, and asks no more than it may be at once.
  void keep_nobody_waiting(int tokens) {
    make_known("known");
    clock_.advance(kLifetime - seconds(1));
    flood(tokens);
    CPPUNIT_ASSERT(http_.waiting() <= 2048);
    for (int round = 0; round < 8; ++round) {
      std::vector<support::ScriptedHttpClient::Question> under_way;
      const auto take_all = [&] {
        while (http_.waiting() > 0) under_way.push_back(http_.take());
      };
      take_all();
      // A good token of another client is sent at once; a known one needs no answer of ZITADEL's
      // before it runs out, and is then asked about at once, too.
      const std::string good = "good " + std::to_string(round);
      authorize_for(kOther, good);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
      take_all();
      const std::string caller = "caller " + std::to_string(round);
      authorize("known", token_required_, caller, kOther);
      take_all();
      clock_.advance(seconds(1));
      for (const auto& question : under_way) {
        const bool real = question.form.find("token=made") == std::string::npos;
        question.done(HttpResponse{200, real ? active("somebody") : inactive_});
      }
      settle();
      CPPUNIT_ASSERT(answers_.wait(good).answer.has_value());
      CPPUNIT_ASSERT(answers_.wait(caller).answer.has_value());
    }
    while (http_.waiting() > 0) answer_all(http_.waiting());
    int told_to_come_again = 0;
    for (const auto& given : answers_.wait(answers_.expected())) {
      if (given.answer) continue;
      const Reason reason = given.answer.error().reason;
      CPPUNIT_ASSERT(reason == Reason::kInactive || reason == Reason::kTooManyFromClient ||
                     reason == Reason::kTooManyWaiting);
      told_to_come_again += reason == Reason::kTooManyFromClient ? 1 : 0;
    }
    CPPUNIT_ASSERT_EQUAL(std::max(0, tokens - 4096), told_to_come_again);
  }

  void three_thousand_made_up_tokens_keep_nobody_waiting() { keep_nobody_waiting(3000); }
  void six_thousand_made_up_tokens_keep_nobody_waiting() { keep_nobody_waiting(6000); }

  void known_tokens_are_asked_about_first() {
    start([](auth::Settings& settings) { settings.max_in_flight = 2; });
    make_known("known");
    clock_.advance(kLifetime);
    for (const char* token : {"one", "two", "three"}) authorize_for(kFlooder, token);
    authorize_for(kOther, "four");
    authorize("known", token_required_, "caller");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.waiting());
    zitadel_answers(200, inactive_);
    CPPUNIT_ASSERT(http_.take().form.starts_with("token=four&"));
    CPPUNIT_ASSERT(http_.take().form.starts_with("token=known&"));
  }

  void known_tokens_find_a_place_however_many_wait() {
    start([](auth::Settings& settings) { settings.max_parked = 8; });
    make_known("known");
    clock_.advance(kLifetime);
    for (int i = 0; i < 20; ++i) {
      authorize_for("192.0.2." + std::to_string(i % 3), "token " + std::to_string(i));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, http_.waiting());
    authorize("known", token_required_, "caller", kFlooder);
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, http_.waiting());
    answer_all(6);
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(answer_of("caller").has_value());
  }

  void time_in_our_own_queue_is_no_failure_of_zitadel() {
    start([](auth::Settings& settings) { settings.max_in_flight = 1; });
    make_known("known");
    for (const char* token : {"asked", "waits"}) authorize(token);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    clock_.advance(kTimeout);
    zitadel_answers(200, active());
    const auto answer = answer_of("waits");
    assert_reason(Reason::kTooManyWaiting, answer);
    CPPUNIT_ASSERT(answer.error().retry_after == seconds(1));
    // Nothing was said of ZITADEL.
    make_known("next");
  }

  void asks_no_more_at_once_than_the_connections_can_bear() {
    http_.bear(4);
    for (int i = 0; i < 20; ++i) {
      authorize_for("192.0.2." + std::to_string(i), "token " + std::to_string(i));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, http_.waiting());
    http_.bear(100);
    zitadel_answers(200, inactive_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{19}, http_.waiting());
  }

  void who_leaves_is_not_asked_for() {
    start([](auth::Settings& settings) { settings.max_in_flight = 1; });
    authorize("asked");
    leaves(authorize("leaves"));
    authorize("stays");
    zitadel_answers(200, inactive_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    CPPUNIT_ASSERT(http_.take().form.starts_with("token=stays&"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
  }

  void eight_thousand_who_leave_give_their_places_back() {
    start([](auth::Settings& settings) { settings.max_parked = 8192; });
    for (int round = 0; round < 3; ++round) {
      std::vector<auth::TokenValidator::Waiting> waiting;
      for (int i = 0; i < 8192; ++i) {
        const std::string address = "192.0.2." + std::to_string(i % 100);
        const std::string token = std::to_string(round) + " token " + std::to_string(i);
        waiting.push_back(validator_->authorize(
            auth::SecretView(token), token_required_, [&] { return std::string_view(address); },
            [this](const auto&) { ++called_; }));
      }
      settle();
      for (const auto& each : waiting) static_cast<void>(each.cancel());
      const int before = called_;
      authorize_for(kOther, "good " + std::to_string(round));
      CPPUNIT_ASSERT(http_.waiting() > 0);
      while (http_.waiting() > 0) answer_all(http_.waiting());
      CPPUNIT_ASSERT_EQUAL(before, called_.load());
      assert_reason(Reason::kInactive, answers_.wait("good " + std::to_string(round)).answer);
      // Of those that waited for their turn nobody was asked about.
      CPPUNIT_ASSERT(http_.asked() <= static_cast<std::size_t>(round + 1) * 3073);
    }
  }

  void a_question_under_way_is_learned_though_nobody_waits() {
    leaves(authorize("token"));
    zitadel_answers(200, active("somebody"));
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_at_once("token")));
  }

  void who_leaves_does_not_take_the_others_along() {
    authorize("token", token_required_, "stays");
    leaves(authorize("token", token_required_, "leaves"));
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(answer_of("stays").has_value());
  }

  void to_leave_late_or_twice_is_harmless() {
    const auto waiting = authorize("token");
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(answer_of("token").has_value());
    CPPUNIT_ASSERT(!waiting.cancel() && !waiting.cancel());
    CPPUNIT_ASSERT(!authorize("token", token_required_, "at once").cancel());
    const auto leaving = authorize("other");
    CPPUNIT_ASSERT(leaving.cancel() && !leaving.cancel());
    answers_.forget();
    CPPUNIT_ASSERT(!auth::TokenValidator::Waiting().cancel());
  }

  void to_leave_behind_the_end_is_harmless() {
    const auto waiting = authorize("token");
    validator_.reset();
    CPPUNIT_ASSERT(!waiting.cancel());
    assert_reason(Reason::kShuttingDown, answers_.wait("token").answer);
  }

  // The caller is taken back, and never called.
  void leaves(const auth::TokenValidator::Waiting& waiting) {
    CPPUNIT_ASSERT(waiting.cancel());
    answers_.forget();
  }

  std::atomic<int> called_{0};
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenFairnessTest);

}  // namespace
