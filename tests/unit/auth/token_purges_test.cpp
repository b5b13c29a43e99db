// SPDX-License-Identifier: Apache-2.0
// What events have ended, as the callers of a validator see it.
#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "auth/cache/token_cache.h"
#include "auth/events/purges.h"
#include "auth/questions.h"
#include "auth/store/shared_cache.h"
#include "tests/unit/support/memory_store.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Ends;
using auth::Purges;
using auth::Reason;
using auth::scope_of;
using auth::SharedCache;
using std::chrono::seconds;

constexpr seconds kLifetime{300};
constexpr seconds kGrace{600};

class TokenPurgesTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenPurgesTest);
  CPPUNIT_TEST(a_known_token_is_asked_about_again_once_it_has_ended);
  CPPUNIT_TEST(other_tokens_stay_known);
  CPPUNIT_TEST(a_token_is_known_by_its_id_and_its_session);
  CPPUNIT_TEST(a_question_under_way_is_asked_again);
  CPPUNIT_TEST(events_without_end_let_nobody_in);
  CPPUNIT_TEST(an_event_of_another_user_disturbs_no_question);
  CPPUNIT_TEST(no_grace_for_what_has_ended);
  CPPUNIT_TEST(no_refresh_of_what_has_ended);
  CPPUNIT_TEST(a_trial_whose_answer_has_ended_is_over);
  CPPUNIT_TEST(an_answer_in_the_store_is_as_good_as_its_stamp);
  CPPUNIT_TEST(an_answer_in_the_store_that_has_ended_is_asked_about);
  CPPUNIT_TEST(an_answer_in_the_store_of_who_knew_other_purges_is_asked_about);
  CPPUNIT_TEST(an_answer_in_the_store_without_a_stamp_is_asked_about);
  CPPUNIT_TEST(without_the_feed_half_a_minute_counts);
  CPPUNIT_TEST(without_the_feed_tokens_are_asked_about_ahead);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    ValidatorFixture::setUp();
    shared_.emplace(std::make_unique<support::MemoryStore>(contents_),
                    *auth::Sealer::make(auth::SecretView("secret"), "context"),
                    SharedCache::Lifetimes{kLifetime, kGrace, seconds(5)}, clock_);
    begin(purges_);
  }

 private:
  // A process that knows nothing but what is in the store, and those purges.
  void begin(Purges& purges) {
    auth::Settings settings = defaults();
    settings.cache_ttl = kLifetime;
    settings.grace = kGrace;
    purges.fed_at(clock_.steady());
    validator_ = std::make_unique<auth::TokenValidator>(
        settings, auth::TokenValidator::Dependencies{http_, authentication_, clock_, *workers_,
                                                     &*shared_, true, &purges});
  }

  void pass(seconds time) {
    clock_.advance(time);
    purges_.fed_at(clock_.steady());
  }

  static std::string of_token(std::string_view subject, std::string_view id) {
    return active(subject, "\"jti\": \"" + std::string(id) + "\"");
  }

  void assert_asked(const std::string& token) {
    assert_reason(Reason::kInactive, ask_and_answer(token, 200, inactive_));
  }

  // Without a question to ZITADEL, but perhaps with a look into the store.
  void assert_not_asked(const std::string& token) {
    const std::size_t before = http_.asked();
    const std::string who = token + " again #" + std::to_string(++again_);
    validator_->authorize(auth::SecretView(token), token_required_, {}, answers_.of(who));
    settle();
    CPPUNIT_ASSERT_EQUAL(before, http_.asked());
    CPPUNIT_ASSERT(answers_.wait(who).answer.has_value());
  }

  void a_known_token_is_asked_about_again_once_it_has_ended() {
    make_known("alice");
    pass(seconds(190));
    CPPUNIT_ASSERT(answer_at_once("alice").has_value());
    purges_.add({scope_of(Ends::kSubject, "alice")});
    assert_asked("alice");
    assert_reason(Reason::kInactive, answer_at_once("alice"));
  }

  void other_tokens_stay_known() {
    static_cast<void>(ask_and_answer("t", 200, of_token("bob", "V2_2-at_2")));
    for (int i = 0; i < 3; ++i) {
      purges_.add({scope_of(Ends::kSubject, "alice"), scope_of(Ends::kRole, "1", "admin"),
                   scope_of(Ends::kSession, "V2_1")});
      CPPUNIT_ASSERT(answer_at_once("t").has_value());
      CPPUNIT_ASSERT(answer_at_once("t").has_value());
    }
  }

  void a_token_is_known_by_its_id_and_its_session() {
    static_cast<void>(ask_and_answer("t", 200, of_token("alice", "V2_1-at_2")));
    purges_.add({scope_of(Ends::kToken, "V2_1-at_3"), scope_of(Ends::kSession, "V2_2")});
    CPPUNIT_ASSERT(answer_at_once("t").has_value());
    purges_.add({scope_of(Ends::kToken, "V2_1-at_2")});
    CPPUNIT_ASSERT(ask_and_answer("t", 200, of_token("alice", "V2_1-at_2")).has_value());
    purges_.add({scope_of(Ends::kSession, "V2_1")});
    assert_asked("t");
  }

  void a_question_under_way_is_asked_again() {
    authorize("alice");
    purges_.add({scope_of(Ends::kSubject, "alice")});
    zitadel_answers(200, active("alice"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answers_.given());
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_of("alice"));
  }

  void events_without_end_let_nobody_in() {
    authorize("alice");
    for (unsigned i = 0; i <= auth::kMaxAskedAgain; ++i) {
      purges_.add({scope_of(Ends::kSubject, "alice")});
      zitadel_answers(200, active("alice"));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    assert_reason(Reason::kTooManyWaiting, answer_of("alice"));
    CPPUNIT_ASSERT(ask_and_answer("alice", 200, active("alice")).has_value());
  }

  void an_event_of_another_user_disturbs_no_question() {
    authorize("alice");
    purges_.add({scope_of(Ends::kSubject, "bob")});
    zitadel_answers(200, active("alice"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    CPPUNIT_ASSERT(answer_of("alice").has_value());
    CPPUNIT_ASSERT(answer_at_once("alice").has_value());
  }

  void no_grace_for_what_has_ended() {
    make_known("alice");
    make_known("bob");
    purges_.add({scope_of(Ends::kSubject, "alice")});
    authorize("alice", token_required_, "alice, ZITADEL away");
    zitadel_answers(auth::Error{Reason::kUnreachable});
    CPPUNIT_ASSERT(!answer_of("alice, ZITADEL away").has_value());
    clock_.advance(seconds(31));
    authorize("bob", token_required_, "bob, ZITADEL away");
    if (http_.waiting() > 0) zitadel_answers(auth::Error{Reason::kUnreachable});
    CPPUNIT_ASSERT(answers_.wait("bob, ZITADEL away").answer.has_value());
  }

  void no_refresh_of_what_has_ended() {
    make_known("alice");
    pass(seconds(280));
    purges_.add({scope_of(Ends::kSubject, "alice")});
    assert_asked("alice");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
  }

  // Nobody waits for a trial, and while the slots are taken nothing holds it.
  void a_trial_whose_answer_has_ended_is_over() {
    make_known("alice");
    pass(seconds(280));
    go_away(auth::Error{Reason::kUnreachable});
    pass(seconds(1));
    CPPUNIT_ASSERT(answer_at_once("alice").has_value());
    settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    purges_.add({scope_of(Ends::kSubject, "alice")});
    zitadel_answers(200, active("alice"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    assert_asked("alice");
  }

  void an_answer_in_the_store_is_as_good_as_its_stamp() {
    purges_.add({scope_of(Ends::kSubject, "bob")});
    make_known("alice");
    purges_.add({scope_of(Ends::kSubject, "bob")});
    begin(purges_);
    assert_not_asked("alice");
    CPPUNIT_ASSERT(answer_at_once("alice").has_value());
  }

  void an_answer_in_the_store_that_has_ended_is_asked_about() {
    make_known("alice");
    purges_.add({scope_of(Ends::kSubject, "alice")});
    begin(purges_);
    assert_asked("alice");
  }

  void an_answer_in_the_store_of_who_knew_other_purges_is_asked_about() {
    make_known("alice");
    begin(others_);
    assert_asked("alice");
  }

  void an_answer_in_the_store_without_a_stamp_is_asked_about() {
    auth::Settings settings = defaults();
    settings.cache_ttl = kLifetime;
    settings.grace = kGrace;
    validator_ = std::make_unique<auth::TokenValidator>(
        settings,
        auth::TokenValidator::Dependencies{http_, authentication_, clock_, *workers_, &*shared_});
    make_known("alice");
    begin(purges_);
    assert_asked("alice");
  }

  void without_the_feed_half_a_minute_counts() {
    make_known("alice");
    pass(seconds(100));
    clock_.advance(auth::kUnfedLife);
    assert_asked("alice");
  }

  void without_the_feed_tokens_are_asked_about_ahead() {
    make_known("alice");
    pass(seconds(100));
    clock_.advance(auth::kUnfedLife - auth::kUnfedRefresh);
    CPPUNIT_ASSERT(answer_at_once("alice").has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(200, active("alice"));
    clock_.advance(auth::kUnfedRefresh);
    CPPUNIT_ASSERT(answer_at_once("alice").has_value());
  }

  const std::shared_ptr<support::StoreContents> contents_ =
      std::make_shared<support::StoreContents>();
  std::optional<SharedCache> shared_{};
  Purges purges_{"77", false};
  Purges others_{"77", false};
  int again_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenPurgesTest);

}  // namespace
