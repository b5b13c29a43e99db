// SPDX-License-Identifier: Apache-2.0
#include "auth/store/shared_cache.h"

#include <cppunit/extensions/HelperMacros.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/unit/support/memory_store.h"
#include "tests/unit/support/store_entries.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::ClaimsBuilder;
using auth::Reason;
using auth::Sealer;
using auth::SecretView;
using auth::SharedCache;
using auth::SharedEntry;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLifetime{30};
constexpr seconds kGrace{60};
constexpr seconds kTimeout{5};
constexpr SecretView kToken("token");

Sealer sealer(std::string_view context = "settings") {
  return *Sealer::make(SecretView("the secret of an application"), context);
}

std::shared_ptr<const auth::Claims> claims_of(std::string_view subject,
                                              std::optional<auth::WallTime> expiry = {}) {
  ClaimsBuilder builder;
  builder.subject(subject);
  if (expiry) builder.expiry(*expiry);
  return std::make_shared<const auth::Claims>(builder.build());
}

std::optional<SharedEntry> find(auto&& cache, SecretView token) {
  return support::find(cache, token);
}

std::optional<SharedEntry> store(auto&& cache, const SharedEntry& entry, bool was_good = false) {
  return support::store(cache, kToken, entry, was_good);
}

// What is kept for whom, and until when.
class SharedCacheTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SharedCacheTest);
  CPPUNIT_TEST(shares_nothing_with_other_settings);
  CPPUNIT_TEST(finds_nothing_that_has_ended);
  CPPUNIT_TEST(an_answer_ends_with_the_token);
  CPPUNIT_TEST(keeps_a_refusal_for_five_seconds_and_a_deadline);
  CPPUNIT_TEST(keeps_the_refusal_of_a_good_token_as_long_as_an_older_answer_may_serve);
  CPPUNIT_TEST(no_older_entry_replaces_a_newer_one);
  CPPUNIT_TEST(tells_moments_of_one_second_apart);
  CPPUNIT_TEST(keeps_a_refusal_no_longer_than_an_answer);
  CPPUNIT_TEST(keeps_nothing_that_zitadel_did_not_say);
  CPPUNIT_TEST(no_older_answer_replaces_a_refusal);
  CPPUNIT_TEST(a_refusal_of_the_same_time_stays);
  CPPUNIT_TEST(an_answer_from_the_future_gives_way);
  CPPUNIT_TEST(a_refusal_from_the_future_gives_way_to_no_answer);
  CPPUNIT_TEST(what_does_not_open_gives_way);
  CPPUNIT_TEST(a_newer_entry_replaces_an_older_one);
  CPPUNIT_TEST(keeps_an_answer_until_its_grace_ends);
  CPPUNIT_TEST_SUITE_END();

  [[nodiscard]] SharedCache cache(std::string_view context = "settings",
                                  seconds ttl = kLifetime) const {
    return {std::make_unique<support::MemoryStore>(contents_), sealer(context),
            SharedCache::Lifetimes{ttl, kGrace, kTimeout}, clock_};
  }

  [[nodiscard]] auth::WallTime kept_until() const {
    const auto kept = contents_->find(*sealer().key_of(kToken));
    CPPUNIT_ASSERT(kept.has_value());
    return kept->until;
  }

  void shares_nothing_with_other_settings() {
    store(cache(), {clock_.wall(), claims_of("somebody"), {}});
    CPPUNIT_ASSERT(!find(cache("other settings"), kToken).has_value());
    CPPUNIT_ASSERT(!find(cache(), SecretView("token2")).has_value());
  }

  void finds_nothing_that_has_ended() {
    store(cache(), {clock_.wall(), claims_of("somebody"), {}});
    clock_.advance(kLifetime + kGrace);
    CPPUNIT_ASSERT(!find(cache(), kToken).has_value());
  }

  void an_answer_ends_with_the_token() {
    const auto expiry = clock_.wall() + seconds(10);
    store(cache(), {clock_.wall(), claims_of("somebody", expiry), {}});
    CPPUNIT_ASSERT(kept_until() == expiry);
    clock_.advance(seconds(10));
    CPPUNIT_ASSERT(!find(cache(), kToken).has_value());
  }

  // For an older answer may be on its way for as long as a question may take.
  void keeps_a_refusal_for_five_seconds_and_a_deadline() {
    store(cache(), {clock_.wall(), {}, Reason::kInactive});
    CPPUNIT_ASSERT(find(cache(), kToken)->refusal == Reason::kInactive);
    clock_.advance(seconds(5) + kTimeout);
    CPPUNIT_ASSERT(!find(cache(), kToken).has_value());
  }

  void keeps_a_refusal_no_longer_than_an_answer() {
    store(cache("settings", seconds(2)), {clock_.wall(), {}, Reason::kInactive});
    CPPUNIT_ASSERT(kept_until() == clock_.wall() + seconds(2) + kTimeout);
  }

  // Until no older answer can be on its way or lie in the store.
  void keeps_the_refusal_of_a_good_token_as_long_as_an_older_answer_may_serve() {
    store(cache(), {clock_.wall(), {}, Reason::kInactive}, true);
    CPPUNIT_ASSERT(kept_until() == clock_.wall() + kLifetime + kGrace + kTimeout);
  }

  // A millisecond is enough, and who comes too late learns what stays.
  void tells_moments_of_one_second_apart() {
    const auto sent = [this](milliseconds age) { return clock_.wall_microseconds() - age; };
    store(cache(), {sent(milliseconds(0)), claims_of("newer"), {}});
    store(cache(), {sent(milliseconds(1)), claims_of("older"), {}});
    const auto stays = store(cache(), {sent(milliseconds(1)), {}, Reason::kInactive});
    CPPUNIT_ASSERT(stays && stays->claims->subject() == "newer");
    CPPUNIT_ASSERT(!store(cache(), {sent(milliseconds(0)), {}, Reason::kInactive}));
    clock_.advance(milliseconds(1));
    store(cache(), {sent(milliseconds(0)), claims_of("newest"), {}});
    assert_known("newest");
  }

  void keeps_nothing_that_zitadel_did_not_say() {
    const support::LogCapture log;
    store(cache(), {clock_.wall(), {}, Reason::kServerError});
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, contents_->puts());
  }

  // So long ago. Each in a process of its own.
  void learn(std::string_view subject, seconds age = {}) const {
    store(cache(), {clock_.wall() - age, claims_of(subject), {}});
  }
  void learn(Reason refusal, seconds age = {}) const {
    store(cache(), {clock_.wall() - age, {}, refusal});
  }
  void assert_known(std::string_view subject) const {
    const auto found = find(cache(), kToken);
    CPPUNIT_ASSERT(found && found->claims && found->claims->subject() == subject);
  }
  void assert_known(Reason refusal) const {
    const auto found = find(cache(), kToken);
    CPPUNIT_ASSERT(found && found->refusal == refusal);
  }

  // Revoked meanwhile: the answer was on its way for longer.
  void no_older_answer_replaces_a_refusal() {
    learn(Reason::kInactive, seconds(1));
    learn("somebody", seconds(2));
    assert_known(Reason::kInactive);
  }

  void no_older_entry_replaces_a_newer_one() {
    learn("newer", seconds(1));
    learn("older", seconds(2));
    assert_known("newer");
    learn(Reason::kInactive, seconds(2));
    assert_known("newer");
    learn(Reason::kInactive);
    learn(Reason::kWrongAudience, seconds(2));
    assert_known(Reason::kInactive);
  }

  void a_refusal_of_the_same_time_stays() {
    learn("somebody");
    learn(Reason::kInactive);
    assert_known(Reason::kInactive);
    learn("somebody");
    assert_known(Reason::kInactive);
  }

  // A clock has been set back, or another machine's is ahead.
  void an_answer_from_the_future_gives_way() {
    learn("the future", seconds(-50));
    learn("somebody");
    assert_known("somebody");
    learn("the future", seconds(-50));
    learn(Reason::kInactive);
    assert_known(Reason::kInactive);
  }

  void a_refusal_from_the_future_gives_way_to_no_answer() {
    learn(Reason::kInactive, seconds(-50));
    learn("somebody");
    assert_known(Reason::kInactive);
    learn(Reason::kWrongAudience);
    assert_known(Reason::kWrongAudience);
  }

  void what_does_not_open_gives_way() {
    contents_->put(*sealer().key_of(kToken), {"anything", clock_.wall() + kLifetime}, {});
    learn("somebody", seconds(1));
    assert_known("somebody");
  }

  void a_newer_entry_replaces_an_older_one() {
    learn(Reason::kInactive, seconds(2));
    learn("somebody", seconds(1));
    assert_known("somebody");
    learn("somebody else");
    assert_known("somebody else");
  }

  void keeps_an_answer_until_its_grace_ends() {
    const auto learned = clock_.wall();
    store(cache(), {learned, claims_of("somebody"), {}});
    clock_.advance(kLifetime + kGrace - seconds(1));
    const std::optional<SharedEntry> found = find(cache(), kToken);
    CPPUNIT_ASSERT(found.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), std::string(found->claims->subject()));
    CPPUNIT_ASSERT(found->sent == learned);
  }

  const std::shared_ptr<support::StoreContents> contents_ =
      std::make_shared<support::StoreContents>();
  support::ManualClock clock_{};
};

// A validator, and another process that leaves entries for it and reads its own.
class SharedValidatorTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(SharedValidatorTest);
  CPPUNIT_TEST(uses_no_entry_of_another_application);
  CPPUNIT_TEST(uses_a_refusal_of_another_process);
  CPPUNIT_TEST(a_refusal_of_another_process_ends_an_answer_in_use);
  CPPUNIT_TEST(an_older_entry_replaces_no_younger_answer);
  CPPUNIT_TEST(counts_the_age_of_an_answer);
  CPPUNIT_TEST(counts_the_age_of_a_refusal);
  CPPUNIT_TEST(believes_no_answer_from_the_future);
  CPPUNIT_TEST(bears_with_a_clock_that_is_a_second_ahead);
  CPPUNIT_TEST(asks_about_a_token_that_has_expired_since);
  CPPUNIT_TEST(a_run_out_entry_does_not_stand_against_zitadels_word);
  CPPUNIT_TEST(tells_nobody_of_a_failure);
  CPPUNIT_TEST(asks_nothing_ahead_where_the_process_ends);
  CPPUNIT_TEST(a_run_out_entry_serves_while_zitadel_fails);
  CPPUNIT_TEST(uses_an_answer_of_another_process);
  CPPUNIT_TEST(refreshes_what_it_finds_in_its_last_third);
  CPPUNIT_TEST(asks_the_others_before_it_refreshes);
  CPPUNIT_TEST(tells_others_before_the_caller);
  CPPUNIT_TEST(tells_others_of_a_refusal_before_the_caller);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    ValidatorFixture::setUp();
    validator_.reset();
    shared_.emplace(std::make_unique<support::MemoryStore>(contents_), sealer(), kLifetimes,
                    clock_);
    begin();
  }

 private:
  static constexpr SharedCache::Lifetimes kLifetimes{kLifetime, kGrace, kTimeout};

  void begin(bool refresh_ahead = true) {
    auth::Settings settings = defaults();
    settings.grace = kGrace;
    validator_ = std::make_unique<auth::TokenValidator>(
        settings, auth::TokenValidator::Dependencies{http_, authentication_, clock_, *workers_,
                                                     &*shared_, refresh_ahead});
  }

  // What another process leaves of the token, having learned it so long ago.
  void leave(std::string_view subject, seconds age = {}) {
    store(*shared_, {clock_.wall() - age, claims_of(subject), {}});
  }
  void leave(Reason refusal, seconds age = {}) {
    store(*shared_, {clock_.wall() - age, {}, refusal});
  }

  // Asks for the token; the answer must not need ZITADEL.
  [[nodiscard]] auth::TokenValidator::Answer answer_without_question() {
    const std::size_t before = http_.asked();
    const std::string who = "caller " + std::to_string(++callers_);
    authorize("token", token_required_, who);
    const auto answer = answer_of(who);
    settle();
    CPPUNIT_ASSERT_EQUAL(before, http_.asked());
    return answer;
  }

  // Asks for the token, which must make a question that ZITADEL answers so.
  [[nodiscard]] auth::TokenValidator::Answer answer_after_question(int status,
                                                                   const std::string& body) {
    const std::string who = "caller " + std::to_string(++callers_);
    authorize("token", token_required_, who);
    settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(status, body);
    return answer_of(who);
  }

  void uses_no_entry_of_another_application() {
    SharedCache other(std::make_unique<support::MemoryStore>(contents_), sealer("other settings"),
                      kLifetimes, clock_);
    store(other, {clock_.wall(), claims_of("somebody"), {}});
    assert_reason(Reason::kInactive, answer_after_question(200, inactive_));
  }

  void uses_a_refusal_of_another_process() {
    leave(Reason::kWrongAudience);
    assert_reason(Reason::kWrongAudience, answer_without_question());
    assert_reason(Reason::kWrongAudience, answer_at_once("token"));
  }

  void a_refusal_of_another_process_ends_an_answer_in_use() {
    static_cast<void>(answer_after_question(200, active("somebody")));
    clock_.advance(seconds(21));
    leave(Reason::kInactive);
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    settle();
    assert_reason(Reason::kInactive, answer_at_once("token"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void an_older_entry_replaces_no_younger_answer() {
    static_cast<void>(answer_after_question(200, active("younger")));
    leave("older", seconds(5));
    clock_.advance(seconds(21));
    CPPUNIT_ASSERT_EQUAL(std::string("younger"), subject(answer_at_once("token")));
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("younger"), subject(answer_at_once("token")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
  }

  void counts_the_age_of_an_answer() {
    leave("somebody", seconds(15));
    CPPUNIT_ASSERT(answer_without_question().has_value());
    clock_.advance(seconds(15));
    assert_reason(Reason::kInactive, answer_after_question(200, inactive_));
  }

  void counts_the_age_of_a_refusal() {
    leave(Reason::kInactive, seconds(2));
    assert_reason(Reason::kInactive, answer_without_question());
    clock_.advance(seconds(3));
    CPPUNIT_ASSERT(answer_after_question(200, active()).has_value());
  }

  void believes_no_answer_from_the_future() {
    leave("somebody", seconds(-2));
    assert_reason(Reason::kInactive, answer_after_question(200, inactive_));
  }

  void bears_with_a_clock_that_is_a_second_ahead() {
    leave("somebody", seconds(-1));
    CPPUNIT_ASSERT(answer_without_question().has_value());
    clock_.advance(kLifetime + seconds(1));
    assert_reason(Reason::kInactive, answer_after_question(200, inactive_));
  }

  void asks_about_a_token_that_has_expired_since() {
    store(*shared_, {clock_.wall(), claims_of("somebody", clock_.wall() + seconds(5)), {}});
    CPPUNIT_ASSERT(answer_without_question().has_value());
    clock_.advance(seconds(5));
    assert_reason(Reason::kInactive, answer_after_question(200, inactive_));
  }

  void a_run_out_entry_does_not_stand_against_zitadels_word() {
    leave("somebody", kLifetime);
    assert_reason(Reason::kInactive, answer_after_question(200, inactive_));
    assert_reason(Reason::kInactive, answer_at_once("token"));
  }

  void tells_nobody_of_a_failure() {
    assert_reason(Reason::kServerError, answer_after_question(503, ""));
    settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, contents_->puts());
  }

  void asks_nothing_ahead_where_the_process_ends() {
    begin(false);
    leave("somebody", seconds(25));
    CPPUNIT_ASSERT(answer_without_question().has_value());
    CPPUNIT_ASSERT(answer_at_once("token").has_value());
    settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void a_run_out_entry_serves_while_zitadel_fails() {
    leave("somebody", kLifetime);
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_after_question(503, "")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contents_->puts());
  }

  void uses_an_answer_of_another_process() {
    leave("somebody");
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_without_question()));
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_at_once("token")));
  }

  void refreshes_what_it_finds_in_its_last_third() {
    leave("somebody", seconds(25));
    authorize("token");
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_of("token")));
    settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(200, active("anew"));
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("anew"), subject(answer_at_once("token")));
    CPPUNIT_ASSERT_EQUAL(std::string("anew"),
                         std::string(find(*shared_, kToken)->claims->subject()));
  }

  void asks_the_others_before_it_refreshes() {
    static_cast<void>(answer_after_question(200, active("somebody")));
    clock_.advance(seconds(21));
    leave("anew", seconds(5));
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_at_once("token")));
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("anew"), subject(answer_at_once("token")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  // How many entries there are when the caller gets its answer.
  std::size_t puts_at_the_answer(const std::string& body) {
    std::promise<std::size_t> puts;
    validator_->authorize(kToken, token_required_, {}, [&](const auth::TokenValidator::Answer&) {
      puts.set_value(contents_->puts());
    });
    settle();
    zitadel_answers(200, body);
    return puts.get_future().get();
  }

  void tells_others_before_the_caller() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, puts_at_the_answer(active("somebody")));
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"),
                         std::string(find(*shared_, kToken)->claims->subject()));
  }

  void tells_others_of_a_refusal_before_the_caller() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, puts_at_the_answer(inactive_));
    CPPUNIT_ASSERT(find(*shared_, kToken)->refusal == Reason::kInactive);
  }

  const std::shared_ptr<support::StoreContents> contents_ =
      std::make_shared<support::StoreContents>();
  std::optional<SharedCache> shared_{};
  int callers_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SharedCacheTest);
CPPUNIT_TEST_SUITE_REGISTRATION(SharedValidatorTest);

}  // namespace
