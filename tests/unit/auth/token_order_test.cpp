// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <optional>
#include <string>

#include "auth/cache/token_cache.h"
#include "auth/store/shared_cache.h"
#include "auth/token_validator.h"
#include "tests/unit/support/memory_store.h"
#include "tests/unit/support/store_entries.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Reason;
using auth::SharedCache;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLifetime{30};
constexpr seconds kGrace{60};

// Newer knowledge is never replaced by older: in a process, and between two that share a store. The
// fixture's validator is process A; B has its own ZITADEL's answers and memory.
class TokenOrderTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenOrderTest);
  CPPUNIT_TEST(an_answer_counts_from_when_its_question_was_sent);
  CPPUNIT_TEST(a_slow_answer_to_a_refresh_gives_a_revoked_token_no_more_time);
  CPPUNIT_TEST(who_came_when_an_answer_had_run_out_is_not_served_with_it);
  CPPUNIT_TEST(without_a_cache_nobody_is_served_with_an_answer_to_an_older_question);
  CPPUNIT_TEST(an_older_answer_from_the_store_undoes_no_refusal);
  CPPUNIT_TEST(an_older_answer_takes_no_place_in_the_store);
  CPPUNIT_TEST(who_comes_late_learns_of_the_later_refusal);
  CPPUNIT_TEST(a_flood_between_them_changes_nothing);
  CPPUNIT_TEST(a_refusal_outlives_every_older_answer_in_the_store);
  CPPUNIT_TEST(a_later_answer_ends_a_refusal);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    ValidatorFixture::setUp();
    use_store();
  }
  void tearDown() override {
    other_.reset();
    other_http_.shut_down();
    ValidatorFixture::tearDown();
  }

 private:
  using Process = std::unique_ptr<auth::TokenValidator>;

  [[nodiscard]] Process process(support::ScriptedHttpClient& http) {
    auth::Settings settings = defaults();
    settings.grace = kGrace;
    return std::make_unique<auth::TokenValidator>(
        settings,
        auth::TokenValidator::Dependencies{http, authentication_, clock_, *workers_, &*shared_});
  }

  void use_store() {
    shared_.emplace(std::make_unique<support::MemoryStore>(contents_),
                    *auth::Sealer::make(auth::SecretView("secret"), "context"),
                    SharedCache::Lifetimes{kLifetime, kGrace, seconds(5)}, clock_);
    validator_ = process(http_);
    other_ = process(other_http_);
  }

  // Process B.
  std::string ask_b(const std::string& token) {
    const std::string who = "b #" + std::to_string(++asked_b_);
    other_->authorize(auth::SecretView(token), token_required_, {}, answers_.of(who));
    settle();
    return who;
  }
  void answer_b(const std::string& body) {
    other_http_.answer(200, body);
    settle();
  }
  auth::TokenValidator::Answer ask_and_answer_b(const std::string& token, const std::string& body) {
    const std::string who = ask_b(token);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, other_http_.waiting());
    answer_b(body);
    return answers_.wait(who).answer;
  }

  void an_answer_counts_from_when_its_question_was_sent() {
    start_with_ttl(kLifetime);
    authorize("token");
    clock_.advance(seconds(4));
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(answer_of("token").has_value());
    clock_.advance(kLifetime - seconds(4) - milliseconds(1));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    zitadel_answers(503);  // it is asked about ahead
    clock_.advance(milliseconds(1));
    assert_reason(Reason::kInactive, ask_and_answer("token", 200, inactive_));
  }

  void start_with_ttl(seconds ttl) {
    start([&](auth::Settings& settings) { settings.cache_ttl = ttl; });
  }

  // TTL 3, and an answer that takes 4.5 s: revoked right behind its evaluation.
  void a_slow_answer_to_a_refresh_gives_a_revoked_token_no_more_time() {
    start_with_ttl(seconds(3));
    make_known("token");
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    const auto refresh = http_.take();
    const auto revoked = clock_.steady();
    for (int tenths = 0; tenths < 120; ++tenths) {
      clock_.advance(milliseconds(100));
      if (tenths == 44) refresh.done(auth::HttpResponse{200, active()});
      if (tenths > 44) settle();
      const auto arrived = clock_.steady();
      const std::string who = "caller " + std::to_string(tenths);
      authorize("token", token_required_, who);
      while (tenths > 44 && http_.waiting() > 0) zitadel_answers(200, inactive_);
      if (answers_.given() < answers_.expected()) continue;
      const auto answer = answers_.wait(who).answer;
      if (answer) CPPUNIT_ASSERT(arrived - revoked <= seconds(3));
    }
    assert_reason(Reason::kInactive, answer_at_once("token"));
  }

  void who_came_when_an_answer_had_run_out_is_not_served_with_it() {
    start_with_ttl(seconds(3));
    authorize("token", token_required_, "at once");
    clock_.advance(seconds(3));
    authorize("token", token_required_, "just in time");
    clock_.advance(milliseconds(1));
    authorize("token", token_required_, "late");
    authorize("token", token_required_, "late, too");
    clock_.advance(seconds(1));
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(answer_of("at once").has_value() && answer_of("just in time").has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, answers_.given());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_of("late"));
    assert_reason(Reason::kInactive, answer_of("late, too"));
  }

  void without_a_cache_nobody_is_served_with_an_answer_to_an_older_question() {
    start_with_ttl(seconds(0));
    for (const char* who : {"first", "with it"}) authorize("token", token_required_, who);
    clock_.advance(milliseconds(1));
    authorize("token", token_required_, "behind it");
    zitadel_answers(200, active());
    CPPUNIT_ASSERT(answer_of("first").has_value() && answer_of("with it").has_value());
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_of("behind it"));
  }

  // B learns "inactive"; A's "active", asked for before, arrives after.
  void cross() {
    authorize("token", token_required_, "a");
    clock_.advance(milliseconds(500));
    assert_reason(Reason::kInactive, ask_and_answer_b("token", inactive_));
  }

  // 401 for good.
  void refuse_in_b_for_good() {
    for (int second = 0; second < 120; ++second) {
      const std::string who = ask_b("token");
      while (other_http_.waiting() > 0) answer_b(inactive_);
      CPPUNIT_ASSERT_MESSAGE("let in after " + std::to_string(second) + " seconds",
                             !answers_.wait(who).answer.has_value());
      clock_.advance(seconds(1));
    }
  }

  void an_older_answer_from_the_store_undoes_no_refusal() {
    cross();
    // As from a process that found no refusal in the store, or did not look.
    auth::ClaimsBuilder claims;
    claims.subject("somebody");
    shared_.emplace(
        std::make_unique<support::MemoryStore>(std::make_shared<support::StoreContents>()),
        *auth::Sealer::make(auth::SecretView("secret"), "context"),
        SharedCache::Lifetimes{kLifetime, kGrace, seconds(5)}, clock_);
    support::store(*shared_, auth::SecretView("token"),
                   {clock_.wall_microseconds() - milliseconds(500),
                    std::make_shared<const auth::Claims>(claims.build())});
    refuse_in_b_for_good();
    zitadel_answers(200, inactive_);
  }

  void an_older_answer_takes_no_place_in_the_store() {
    cross();
    const std::size_t puts = contents_->puts();
    zitadel_answers(200, active());
    CPPUNIT_ASSERT_EQUAL(puts, contents_->puts());
    CPPUNIT_ASSERT(support::find(*shared_, auth::SecretView("token"))->refusal ==
                   Reason::kInactive);
    refuse_in_b_for_good();
  }

  void who_comes_late_learns_of_the_later_refusal() {
    cross();
    zitadel_answers(200, active());
    assert_reason(Reason::kInactive, answer_of("a"));
    assert_reason(Reason::kInactive, answer_at_once("token"));
  }

  void a_flood_between_them_changes_nothing() {
    CPPUNIT_ASSERT(ask_and_answer_b("token", active()).has_value());
    clock_.advance(seconds(20));
    authorize("token", token_required_, "a");
    CPPUNIT_ASSERT(answer_of("a").has_value());  // from the store; and it asks ahead
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    clock_.advance(seconds(1));
    static_cast<void>(ask_b("token"));
    answer_b(inactive_);
    for (int i = 0; i < 2000; ++i) {
      assert_reason(Reason::kInactive, ask_and_answer_b("made up " + std::to_string(i), inactive_));
    }
    clock_.advance(seconds(3));
    zitadel_answers(200, active());
    refuse_in_b_for_good();
  }

  void a_refusal_outlives_every_older_answer_in_the_store() {
    CPPUNIT_ASSERT(ask_and_answer_b("token", active()).has_value());
    clock_.advance(kLifetime);
    assert_reason(Reason::kInactive, ask_and_answer_b("token", inactive_));
    clock_.advance(kLifetime + kGrace);
    const auto entry = support::find(*shared_, auth::SecretView("token"));
    CPPUNIT_ASSERT(entry && entry->refusal == Reason::kInactive);
    clock_.advance(seconds(5));
    CPPUNIT_ASSERT(!support::find(*shared_, auth::SecretView("token")));
  }

  void a_later_answer_ends_a_refusal() {
    cross();
    zitadel_answers(200, active());
    assert_reason(Reason::kInactive, answer_of("a"));
    clock_.advance(auth::kRefusalLifetime);
    CPPUNIT_ASSERT(ask_and_answer("token", 200, active()).has_value());
    CPPUNIT_ASSERT(answers_.wait(ask_b("token")).answer.has_value());
  }

  const std::shared_ptr<support::StoreContents> contents_ =
      std::make_shared<support::StoreContents>();
  std::optional<SharedCache> shared_{};
  support::ScriptedHttpClient other_http_{};
  Process other_{};
  int asked_b_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenOrderTest);

}  // namespace
