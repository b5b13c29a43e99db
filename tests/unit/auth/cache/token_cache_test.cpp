// SPDX-License-Identifier: Apache-2.0
#include "auth/cache/token_cache.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/token_keys.h"

namespace {

using auth::Claims;
using auth::ClaimsBuilder;
using auth::Reason;
using auth::TokenCache;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::key_of;

constexpr seconds kTtl{30};
constexpr seconds kGrace{60};
constexpr seconds kLongTtl{300};
constexpr std::size_t kBytes = 1 << 20;

class TokenCacheTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenCacheTest);
  CPPUNIT_TEST(knows_nothing_of_a_token_it_has_not_seen);
  CPPUNIT_TEST(keeps_nothing_at_all_where_the_lifetime_is_zero);
  CPPUNIT_TEST(an_answer_ends_with_its_lifetime);
  CPPUNIT_TEST(counts_from_when_the_question_was_sent);
  CPPUNIT_TEST(gives_what_has_run_out_as_such);
  CPPUNIT_TEST(an_older_answer_undoes_no_refusal);
  CPPUNIT_TEST(an_older_refusal_undoes_no_answer);
  CPPUNIT_TEST(an_older_answer_replaces_no_newer_one);
  CPPUNIT_TEST(an_answer_that_comes_once_more_lives_no_longer);
  CPPUNIT_TEST(an_answer_that_comes_once_more_ends_no_grace);
  CPPUNIT_TEST(of_the_same_time_a_refusal_counts);
  CPPUNIT_TEST(no_flood_pushes_out_the_refusal_of_a_token_that_was_good);
  CPPUNIT_TEST(is_bounded_in_bytes);
  CPPUNIT_TEST(a_refusal_ends_after_five_seconds);
  CPPUNIT_TEST(a_refusal_ends_sooner_where_answers_do);
  CPPUNIT_TEST(a_refusal_takes_effect_at_once);
  CPPUNIT_TEST(a_new_answer_replaces_a_refusal);
  CPPUNIT_TEST(keeps_the_reason_of_a_refusal);
  CPPUNIT_TEST(made_up_tokens_push_out_no_real_one);
  CPPUNIT_TEST(no_refresh_is_due_before_the_last_third);
  CPPUNIT_TEST(one_caller_a_second_is_told_to_refresh);
  CPPUNIT_TEST(a_token_that_ends_before_its_answer_is_not_refreshed);
  CPPUNIT_TEST(a_token_that_ends_later_is_refreshed);
  CPPUNIT_TEST(a_token_without_an_end_is_refreshed);
  CPPUNIT_TEST(a_new_answer_starts_a_new_lifetime);
  CPPUNIT_TEST(without_grace_nothing_is_held_beyond_its_lifetime);
  CPPUNIT_TEST(holding_does_not_prolong_an_answer_where_there_is_no_grace);
  CPPUNIT_TEST(holds_nothing_of_tokens_it_does_not_know);
  CPPUNIT_TEST(holds_a_run_out_answer_until_its_grace_ends);
  CPPUNIT_TEST(holding_again_does_not_prolong_the_grace);
  CPPUNIT_TEST(a_held_answer_is_asked_about_once_a_second);
  CPPUNIT_TEST(a_held_answer_is_not_served_once_nobody_has_tried_for_a_while);
  CPPUNIT_TEST(a_refused_token_is_not_held);
  CPPUNIT_TEST(an_answer_is_no_older_than_the_feed_and_half_a_minute);
  CPPUNIT_TEST(where_the_feed_goes_on_the_lifetime_counts);
  CPPUNIT_TEST(an_answer_later_than_the_feed_lives_half_a_minute);
  CPPUNIT_TEST(behind_the_feed_refreshes_are_spread);
  CPPUNIT_TEST(the_grace_begins_where_the_feed_ends_an_answer);
  CPPUNIT_TEST(remembers_which_purges_were_looked_at);
  CPPUNIT_TEST(a_shorter_lifetime_counts_for_what_is_known);
  CPPUNIT_TEST(a_longer_lifetime_prolongs_nothing_that_is_known);
  CPPUNIT_TEST(a_time_in_which_nothing_is_kept_leaves_nothing);
  CPPUNIT_TEST(has_no_more_bytes_than_the_last_limit);
  CPPUNIT_TEST(counts_what_it_holds_and_what_it_forgets_early);
  CPPUNIT_TEST_SUITE_END();

  support::ManualClock clock_;
  TokenCache cache_{{kBytes, kTtl, seconds(0)}, clock_};
  TokenCache graceful_{{kBytes, kTtl, kGrace}, clock_};
  TokenCache long_{{kBytes, kLongTtl, seconds(0)}, clock_};

  static std::shared_ptr<const Claims> claims(std::string_view subject = "somebody",
                                              std::optional<auth::WallTime> expiry = std::nullopt) {
    ClaimsBuilder builder;
    builder.subject(subject);
    if (expiry) builder.expiry(*expiry);
    return std::make_shared<const Claims>(builder.build());
  }

  [[nodiscard]] auth::Moment ago(milliseconds age) const {
    const auth::Moment now = clock_.now();
    return {now.steady - age, now.wall - age};
  }

  // ZITADEL's word in answer to a question that was sent so long ago.
  void store(TokenCache& cache, const std::string& token, std::shared_ptr<const Claims> word,
             milliseconds age = {}) const {
    static_cast<void>(cache.learn(key_of(token), ago(age), {std::move(word)}));
  }
  void refuse(TokenCache& cache, const std::string& token, Reason reason = Reason::kInactive,
              milliseconds age = {}) const {
    static_cast<void>(cache.learn(key_of(token), ago(age), {nullptr, reason}));
  }

  static bool known(TokenCache& cache, const std::string& token) {
    return cache.find(key_of(token)).claims != nullptr;
  }

  void a_shorter_lifetime_counts_for_what_is_known() {
    store(cache_, "token", claims());
    cache_.limit({kBytes, seconds(2), seconds(0)});
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(known(cache_, "token"));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void a_longer_lifetime_prolongs_nothing_that_is_known() {
    store(cache_, "token", claims());
    cache_.limit({kBytes, kTtl * 2, seconds(0)});
    clock_.advance(kTtl - milliseconds(1));
    CPPUNIT_ASSERT(known(cache_, "token"));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void a_time_in_which_nothing_is_kept_leaves_nothing() {
    store(cache_, "token", claims());
    cache_.limit({kBytes, seconds(0), seconds(0)});
    refuse(cache_, "token");
    cache_.limit({kBytes, kTtl, seconds(0)});
    CPPUNIT_ASSERT(!known(cache_, "token"));
    store(cache_, "other", claims());
    CPPUNIT_ASSERT(known(cache_, "other"));
  }

  void has_no_more_bytes_than_the_last_limit() {
    constexpr int kTokens = 1000;
    for (int i = 0; i < kTokens; ++i) store(cache_, std::to_string(i), claims());
    cache_.limit({kBytes / 64, kTtl, seconds(0)});
    int left = 0;
    for (int i = 0; i < kTokens; ++i) left += known(cache_, std::to_string(i)) ? 1 : 0;
    CPPUNIT_ASSERT(left < kTokens);
  }

  void counts_what_it_holds_and_what_it_forgets_early() {
    constexpr std::size_t kSmall = 64 << 10;
    auth::Metrics metrics;
    TokenCache cache({kSmall, kTtl, seconds(0)}, clock_, metrics);
    const auto count = [&](auth::Counter counter) {
      return metrics.look().counts[static_cast<std::size_t>(counter)];
    };
    store(cache, "token", claims());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, metrics.own(auth::Gauge::kAnswers));
    const std::uint64_t one = metrics.own(auth::Gauge::kAnswerBytes);
    CPPUNIT_ASSERT(one > 100);
    refuse(cache, "made up");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, metrics.own(auth::Gauge::kRefusals));
    // A refusal of a token that was good takes the place of its answer, and owns nothing.
    clock_.advance(seconds(1));
    refuse(cache, "token");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, metrics.own(auth::Gauge::kAnswers));
    CPPUNIT_ASSERT(metrics.own(auth::Gauge::kAnswerBytes) < one);
    constexpr std::uint64_t kMany = 1000;
    for (std::uint64_t i = 0; i < kMany; ++i) {
      store(cache, "good" + std::to_string(i), claims());
      refuse(cache, "bad" + std::to_string(i));
    }
    CPPUNIT_ASSERT_EQUAL(
        kMany + 1, metrics.own(auth::Gauge::kAnswers) + count(auth::Counter::kEvictedAnswers));
    CPPUNIT_ASSERT_EQUAL(
        kMany + 1, metrics.own(auth::Gauge::kRefusals) + count(auth::Counter::kEvictedRefusals));
    CPPUNIT_ASSERT(metrics.own(auth::Gauge::kAnswerBytes) <= kSmall * 3 / 4);
    CPPUNIT_ASSERT(metrics.own(auth::Gauge::kRefusalBytes) <= kSmall / 4);
  }

  void knows_nothing_of_a_token_it_has_not_seen() {
    store(cache_, "other", claims());
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(!found.claims && !found.refusal && !found.refresh_due);
  }

  void keeps_nothing_at_all_where_the_lifetime_is_zero() {
    TokenCache cache({kBytes, seconds(0), kGrace}, clock_);
    store(cache, "good", claims());
    refuse(cache, "bad", Reason::kInactive);
    CPPUNIT_ASSERT(!known(cache, "good"));
    CPPUNIT_ASSERT(!cache.find(key_of("bad")).refusal.has_value());
    CPPUNIT_ASSERT(cache.hold(key_of("good")).claims == nullptr);
  }

  void an_answer_ends_with_its_lifetime() {
    store(cache_, "token", claims());
    clock_.advance(kTtl - milliseconds(1));
    CPPUNIT_ASSERT(known(cache_, "token"));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void counts_from_when_the_question_was_sent() {
    store(cache_, "young", claims(), seconds(10));
    store(cache_, "old", claims(), kTtl);
    CPPUNIT_ASSERT(!known(cache_, "old"));
    CPPUNIT_ASSERT(!cache_.find(key_of("young")).refresh_due);
    clock_.advance(seconds(10));
    CPPUNIT_ASSERT(cache_.find(key_of("young")).refresh_due);
    clock_.advance(seconds(10));
    CPPUNIT_ASSERT(!known(cache_, "young"));
  }

  void gives_what_has_run_out_as_such() {
    store(cache_, "token", claims("before"));
    CPPUNIT_ASSERT(cache_.find(key_of("token")).run_out == nullptr);
    clock_.advance(kTtl);
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(!found.claims && !found.refusal && !found.refresh_due);
    CPPUNIT_ASSERT(found.run_out != nullptr && found.run_out->subject() == "before");
  }

  void an_older_answer_undoes_no_refusal() {
    const auth::Moment sent = clock_.now();
    clock_.advance(seconds(1));
    refuse(cache_, "token");
    const TokenCache::Word word = cache_.learn(key_of("token"), sent, {claims()});
    CPPUNIT_ASSERT(word.claims == nullptr && word.refusal == Reason::kInactive);
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refusal == Reason::kInactive);
    // Nor once the refusal is no longer repeated.
    clock_.advance(seconds(20));
    CPPUNIT_ASSERT(cache_.learn(key_of("token"), sent, {claims()}).claims == nullptr);
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void an_older_refusal_undoes_no_answer() {
    const auth::Moment sent = clock_.now();
    clock_.advance(seconds(1));
    store(cache_, "token", claims("newer"));
    const auto refuse_late = [&] {
      return cache_.learn(key_of("token"), sent, {nullptr, Reason::kInactive}).claims;
    };
    CPPUNIT_ASSERT(refuse_late() != nullptr && refuse_late()->subject() == "newer");
    CPPUNIT_ASSERT(known(cache_, "token"));
    // One that has run out since helps nobody.
    clock_.advance(kTtl);
    CPPUNIT_ASSERT(refuse_late() == nullptr);
  }

  void an_older_answer_replaces_no_newer_one() {
    const auth::Moment sent = clock_.now();
    clock_.advance(seconds(1));
    store(cache_, "token", claims("newer"));
    const TokenCache::Word word = cache_.learn(key_of("token"), sent, {claims("older")});
    CPPUNIT_ASSERT(word.claims->subject() == "newer");
    CPPUNIT_ASSERT(cache_.find(key_of("token")).claims->subject() == "newer");
  }

  // It comes out of a store, where the wall clock alone says how old it is.
  void an_answer_that_comes_once_more_lives_no_longer() {
    const auth::Moment sent = clock_.now();
    store(cache_, "token", claims());
    clock_.advance(seconds(20));
    clock_.set_wall(seconds(-20));
    const auth::Moment seems{clock_.steady(), sent.wall};
    CPPUNIT_ASSERT(cache_.learn(key_of("token"), seems, {claims()}).claims != nullptr);
    clock_.advance(kTtl - seconds(20));
    CPPUNIT_ASSERT(!known(cache_, "token"));
    CPPUNIT_ASSERT(cache_.learn(key_of("token"), seems, {nullptr}).claims == nullptr);
    CPPUNIT_ASSERT(cache_.find(key_of("token")).run_out == nullptr);
  }

  void an_answer_that_comes_once_more_ends_no_grace() {
    const auth::Moment sent = clock_.now();
    store(graceful_, "token", claims());
    clock_.advance(kTtl);
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims != nullptr);
    const auth::Moment seems{sent.steady + std::chrono::microseconds(3), sent.wall};
    CPPUNIT_ASSERT(graceful_.learn(key_of("token"), seems, {claims()}).claims != nullptr);
    CPPUNIT_ASSERT(known(graceful_, "token"));
  }

  void of_the_same_time_a_refusal_counts() {
    store(cache_, "token", claims());
    refuse(cache_, "token");
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refusal == Reason::kInactive);
    store(cache_, "token", claims());
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refusal == Reason::kInactive);
  }

  // As many made-up tokens as fill the cache many times over.
  void no_flood_pushes_out_the_refusal_of_a_token_that_was_good() {
    const auth::Moment sent = clock_.now();
    store(cache_, "token", claims(), seconds(1));
    clock_.advance(seconds(1));
    refuse(cache_, "token");
    refuse(cache_, "never good");
    for (int i = 0; i < 20'000; ++i) refuse(cache_, "made up " + std::to_string(i));
    CPPUNIT_ASSERT(cache_.learn(key_of("token"), sent, {claims()}).claims == nullptr);
    CPPUNIT_ASSERT(cache_.learn(key_of("never good"), sent, {claims()}).claims != nullptr);
    // Its second refusal is still one of a token that was good.
    refuse(cache_, "token");
    for (int i = 0; i < 20'000; ++i) refuse(cache_, "made up again " + std::to_string(i));
    CPPUNIT_ASSERT(cache_.learn(key_of("token"), sent, {claims()}).claims == nullptr);
  }

  void is_bounded_in_bytes() {
    const std::string name(40'000, 'x');
    for (int i = 0; i < 100; ++i) store(cache_, "large " + std::to_string(i), claims(name));
    std::size_t held = 0;
    for (int i = 0; i < 100; ++i) held += known(cache_, "large " + std::to_string(i)) ? 1U : 0U;
    CPPUNIT_ASSERT(held > 0 && held * name.size() <= kBytes);
  }

  void a_refusal_ends_after_five_seconds() {
    refuse(cache_, "token", Reason::kInactive);
    clock_.advance(milliseconds(4'999));
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refusal == Reason::kInactive);
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!cache_.find(key_of("token")).refusal.has_value());
  }

  void a_refusal_ends_sooner_where_answers_do() {
    TokenCache cache({kBytes, seconds(2), seconds(0)}, clock_);
    refuse(cache, "token", Reason::kInactive);
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT(!cache.find(key_of("token")).refusal.has_value());
  }

  void a_refusal_takes_effect_at_once() {
    store(cache_, "token", claims());
    refuse(cache_, "token", Reason::kInactive);
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(found.claims == nullptr);
    CPPUNIT_ASSERT(found.refusal == Reason::kInactive);
    clock_.advance(auth::kRefusalLifetime);
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void a_new_answer_replaces_a_refusal() {
    refuse(cache_, "token");
    clock_.advance(milliseconds(1));
    store(cache_, "token", claims());
    CPPUNIT_ASSERT(known(cache_, "token"));
    CPPUNIT_ASSERT(!cache_.find(key_of("token")).refusal.has_value());
  }

  void keeps_the_reason_of_a_refusal() {
    for (const Reason reason : {Reason::kInactive, Reason::kExpired, Reason::kNotYetValid,
                                Reason::kWrongIssuer, Reason::kWrongAudience}) {
      refuse(cache_, "token", reason);
      CPPUNIT_ASSERT(cache_.find(key_of("token")).refusal == reason);
    }
  }

  void made_up_tokens_push_out_no_real_one() {
    for (int i = 0; i < 100; ++i) store(cache_, "real" + std::to_string(i), claims());
    for (int i = 0; i < 20'000; ++i) {
      refuse(cache_, "made up " + std::to_string(i), Reason::kInactive);
    }
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(known(cache_, "real" + std::to_string(i)));
  }

  void no_refresh_is_due_before_the_last_third() {
    store(cache_, "token", claims());
    clock_.advance(milliseconds(19'999));
    CPPUNIT_ASSERT(!cache_.find(key_of("token")).refresh_due);
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refresh_due);
  }

  void one_caller_a_second_is_told_to_refresh() {
    store(cache_, "token", claims());
    clock_.advance(seconds(20));
    int told = 0;
    for (int tenths = 0; tenths < 30; ++tenths) {
      for (int caller = 0; caller < 10; ++caller) {
        told += cache_.find(key_of("token")).refresh_due ? 1 : 0;
      }
      clock_.advance(milliseconds(100));
    }
    CPPUNIT_ASSERT_EQUAL(3, told);
  }

  void a_token_that_ends_before_its_answer_is_not_refreshed() {
    store(cache_, "token", claims("somebody", clock_.wall() + kTtl));
    clock_.advance(seconds(29));
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(found.claims != nullptr);
    CPPUNIT_ASSERT(!found.refresh_due);
  }

  void a_token_that_ends_later_is_refreshed() {
    store(cache_, "token", claims("somebody", clock_.wall() + kTtl + seconds(1)));
    clock_.advance(seconds(20));
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refresh_due);
  }

  // ZITADEL's personal access tokens expire in the year 9999; the others are the bounds of a claim.
  void a_token_without_an_end_is_refreshed() {
    for (const long end : {253'402'300'799L, 9'223'372'037L, 18'446'744'074L, 1L << 53}) {
      const std::string token = std::to_string(end);
      store(cache_, token, claims("somebody", auth::WallTime(seconds(end))));
      clock_.advance(seconds(20));
      CPPUNIT_ASSERT_MESSAGE(token, cache_.find(key_of(token)).refresh_due);
    }
  }

  void a_new_answer_starts_a_new_lifetime() {
    store(cache_, "token", claims("before"));
    clock_.advance(seconds(25));
    store(cache_, "token", claims("after"));
    clock_.advance(seconds(19));
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(found.claims != nullptr);
    CPPUNIT_ASSERT(found.claims->subject() == "after");
    CPPUNIT_ASSERT(!found.refresh_due);
  }

  void without_grace_nothing_is_held_beyond_its_lifetime() {
    store(cache_, "token", claims());
    clock_.advance(kTtl);
    CPPUNIT_ASSERT(cache_.hold(key_of("token")).claims == nullptr);
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void holding_does_not_prolong_an_answer_where_there_is_no_grace() {
    store(cache_, "token", claims());
    clock_.advance(seconds(25));
    CPPUNIT_ASSERT(cache_.hold(key_of("token")).claims != nullptr);
    clock_.advance(seconds(5));
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void holds_nothing_of_tokens_it_does_not_know() {
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims == nullptr);
    CPPUNIT_ASSERT(!known(graceful_, "token"));
  }

  void holds_a_run_out_answer_until_its_grace_ends() {
    store(graceful_, "token", claims());
    clock_.advance(kTtl);
    CPPUNIT_ASSERT(!known(graceful_, "token"));  // nobody has said that ZITADEL cannot be reached
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims != nullptr);
    CPPUNIT_ASSERT(known(graceful_, "token"));
    clock_.advance(kGrace - milliseconds(1));
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims != nullptr);
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims == nullptr);
    CPPUNIT_ASSERT(!known(graceful_, "token"));
  }

  void holding_again_does_not_prolong_the_grace() {
    store(graceful_, "token", claims());
    int held = 0;
    for (int second = 0; second < 200; ++second) {
      held += graceful_.hold(key_of("token")).claims != nullptr ? 1 : 0;
      clock_.advance(seconds(1));
    }
    CPPUNIT_ASSERT_EQUAL(static_cast<int>((kTtl + kGrace).count()), held);
    CPPUNIT_ASSERT(!known(graceful_, "token"));
  }

  void a_held_answer_is_asked_about_once_a_second() {
    store(graceful_, "token", claims());
    clock_.advance(kTtl);
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims != nullptr);
    CPPUNIT_ASSERT(!graceful_.find(key_of("token")).refresh_due);
    clock_.advance(auth::kRefreshRetry);
    CPPUNIT_ASSERT(graceful_.find(key_of("token")).refresh_due);
    CPPUNIT_ASSERT(!graceful_.find(key_of("token")).refresh_due);
  }

  // ZITADEL may be back by then, and the token revoked: the next caller has to ask first.
  void a_held_answer_is_not_served_once_nobody_has_tried_for_a_while() {
    store(graceful_, "token", claims());
    clock_.advance(seconds(25));
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims != nullptr);
    clock_.advance(seconds(30));
    CPPUNIT_ASSERT(!known(graceful_, "token"));
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims != nullptr);
    CPPUNIT_ASSERT(known(graceful_, "token"));
  }

  void a_refused_token_is_not_held() {
    store(graceful_, "token", claims());
    refuse(graceful_, "token", Reason::kInactive);
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")).claims == nullptr);
  }

  // With a feed of events, which was complete last at that time.
  bool known_to(TokenCache& cache, const std::string& token, auth::SteadyTime fed) {
    return cache.find(key_of(token), fed).claims != nullptr;
  }

  void an_answer_is_no_older_than_the_feed_and_half_a_minute() {
    store(long_, "token", claims());
    clock_.advance(seconds(200));
    const auto fed = clock_.steady();
    clock_.advance(auth::kUnfedLife - milliseconds(1));
    CPPUNIT_ASSERT(known_to(long_, "token", fed));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!known_to(long_, "token", fed));
    CPPUNIT_ASSERT(long_.find(key_of("token"), fed).run_out != nullptr);
    CPPUNIT_ASSERT(known_to(long_, "token", clock_.steady()));
  }

  void where_the_feed_goes_on_the_lifetime_counts() {
    store(long_, "token", claims());
    clock_.advance(kLongTtl - milliseconds(1));
    CPPUNIT_ASSERT(known_to(long_, "token", clock_.steady()));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!known_to(long_, "token", clock_.steady()));
  }

  void an_answer_later_than_the_feed_lives_half_a_minute() {
    store(long_, "token", claims());
    clock_.advance(auth::kUnfedLife - milliseconds(1));
    CPPUNIT_ASSERT(known_to(long_, "token", {}));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!known_to(long_, "token", {}));
  }

  void behind_the_feed_refreshes_are_spread() {
    constexpr int kTokens = 400;
    const auto name = [](int n) { return "token " + std::to_string(n); };
    for (int n = 0; n < kTokens; ++n) store(long_, name(n), claims());
    clock_.advance(seconds(100));
    const auto fed = clock_.steady();
    int refreshed = 0;
    int most_in_a_second = 0;
    for (auto second = seconds(0); second < auth::kUnfedLife; second += seconds(1)) {
      int due = 0;
      for (int n = 0; n < kTokens; ++n) {
        if (!long_.find(key_of(name(n)), fed).refresh_due) continue;
        ++due;
        store(long_, name(n), claims());
      }
      if (second < auth::kUnfedRefresh) CPPUNIT_ASSERT_EQUAL(0, due);
      if (second < seconds(25)) most_in_a_second = std::max(most_in_a_second, due);
      refreshed += due;
      clock_.advance(seconds(1));
    }
    CPPUNIT_ASSERT(refreshed >= kTokens);
    CPPUNIT_ASSERT_LESS(kTokens / 5, most_in_a_second);
  }

  void the_grace_begins_where_the_feed_ends_an_answer() {
    TokenCache cache({kBytes, kLongTtl, kGrace}, clock_);
    store(cache, "token", claims());
    const auto fed = clock_.steady();
    clock_.advance(auth::kUnfedLife + kGrace - milliseconds(1));
    CPPUNIT_ASSERT(cache.hold(key_of("token"), fed).claims != nullptr);
    CPPUNIT_ASSERT(known_to(cache, "token", fed));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!known_to(cache, "token", fed));
    CPPUNIT_ASSERT(cache.hold(key_of("token"), fed).claims == nullptr);
  }

  void remembers_which_purges_were_looked_at() {
    const auto sent = clock_.now();
    long_.learn(key_of("token"), sent, {.claims = claims(), .purges = 3});
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, long_.find(key_of("token")).purges);
    long_.confirm(key_of("token"), sent.steady, 5);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, long_.find(key_of("token")).purges);
    // What was looked at meanwhile was the answer before.
    long_.confirm(key_of("token"), sent.steady - seconds(1), 7);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, long_.find(key_of("token")).purges);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenCacheTest);

}  // namespace
