#include "auth/cache/token_cache.h"

#include <cppunit/extensions/HelperMacros.h>

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

class TokenCacheTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenCacheTest);
  CPPUNIT_TEST(knows_nothing_of_a_token_it_has_not_seen);
  CPPUNIT_TEST(keeps_nothing_at_all_where_the_lifetime_is_zero);
  CPPUNIT_TEST(an_answer_ends_with_its_lifetime);
  CPPUNIT_TEST(an_answer_learned_elsewhere_has_less_time_left);
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
  CPPUNIT_TEST(a_new_answer_starts_a_new_lifetime);
  CPPUNIT_TEST(without_grace_nothing_is_held_beyond_its_lifetime);
  CPPUNIT_TEST(holding_does_not_prolong_an_answer_where_there_is_no_grace);
  CPPUNIT_TEST(holds_nothing_of_tokens_it_does_not_know);
  CPPUNIT_TEST(holds_a_run_out_answer_until_its_grace_ends);
  CPPUNIT_TEST(holding_again_does_not_prolong_the_grace);
  CPPUNIT_TEST(a_held_answer_is_asked_about_once_a_second);
  CPPUNIT_TEST(a_held_answer_is_not_served_once_nobody_has_tried_for_a_while);
  CPPUNIT_TEST(a_refused_token_is_not_held);
  CPPUNIT_TEST_SUITE_END();

  support::ManualClock clock_;
  TokenCache cache_{{1000, kTtl, seconds(0)}, clock_};
  TokenCache graceful_{{1000, kTtl, kGrace}, clock_};

  static std::shared_ptr<const Claims> claims(std::string_view subject = "somebody",
                                              std::optional<auth::WallTime> expiry = std::nullopt) {
    ClaimsBuilder builder;
    builder.subject(subject);
    if (expiry) builder.expiry(*expiry);
    return std::make_shared<const Claims>(builder.build());
  }

  static bool known(TokenCache& cache, const std::string& token) {
    return cache.find(key_of(token)).claims != nullptr;
  }

  void knows_nothing_of_a_token_it_has_not_seen() {
    cache_.store(key_of("other"), claims());
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(!found.claims && !found.refusal && !found.refresh_due);
  }

  void keeps_nothing_at_all_where_the_lifetime_is_zero() {
    TokenCache cache({1000, seconds(0), kGrace}, clock_);
    cache.store(key_of("good"), claims());
    cache.refuse(key_of("bad"), Reason::kInactive);
    CPPUNIT_ASSERT(!known(cache, "good"));
    CPPUNIT_ASSERT(!cache.find(key_of("bad")).refusal.has_value());
    CPPUNIT_ASSERT(cache.hold(key_of("good")) == nullptr);
  }

  void an_answer_ends_with_its_lifetime() {
    cache_.store(key_of("token"), claims());
    clock_.advance(kTtl - milliseconds(1));
    CPPUNIT_ASSERT(known(cache_, "token"));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void an_answer_learned_elsewhere_has_less_time_left() {
    CPPUNIT_ASSERT(cache_.adopt(key_of("young"), claims(), seconds(10)));
    CPPUNIT_ASSERT(cache_.adopt(key_of("old"), claims(), kTtl));
    CPPUNIT_ASSERT(!known(cache_, "old"));
    CPPUNIT_ASSERT(!cache_.find(key_of("young")).refresh_due);
    clock_.advance(seconds(10));
    CPPUNIT_ASSERT(cache_.find(key_of("young")).refresh_due);
    clock_.advance(seconds(10));
    CPPUNIT_ASSERT(!known(cache_, "young"));
  }

  void a_refusal_ends_after_five_seconds() {
    cache_.refuse(key_of("token"), Reason::kInactive);
    clock_.advance(milliseconds(4'999));
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refusal == Reason::kInactive);
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!cache_.find(key_of("token")).refusal.has_value());
  }

  void a_refusal_ends_sooner_where_answers_do() {
    TokenCache cache({1000, seconds(2), seconds(0)}, clock_);
    cache.refuse(key_of("token"), Reason::kInactive);
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT(!cache.find(key_of("token")).refusal.has_value());
  }

  void a_refusal_takes_effect_at_once() {
    cache_.store(key_of("token"), claims());
    cache_.refuse(key_of("token"), Reason::kInactive);
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(found.claims == nullptr);
    CPPUNIT_ASSERT(found.refusal == Reason::kInactive);
    clock_.advance(auth::kRefusalLifetime);
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void a_new_answer_replaces_a_refusal() {
    cache_.refuse(key_of("token"), Reason::kInactive);
    cache_.store(key_of("token"), claims());
    CPPUNIT_ASSERT(known(cache_, "token"));
    CPPUNIT_ASSERT(!cache_.find(key_of("token")).refusal.has_value());
  }

  void keeps_the_reason_of_a_refusal() {
    for (const Reason reason : {Reason::kInactive, Reason::kExpired, Reason::kNotYetValid,
                                Reason::kWrongIssuer, Reason::kWrongAudience}) {
      cache_.refuse(key_of("token"), reason);
      CPPUNIT_ASSERT(cache_.find(key_of("token")).refusal == reason);
    }
  }

  void made_up_tokens_push_out_no_real_one() {
    for (int i = 0; i < 100; ++i) cache_.store(key_of("real" + std::to_string(i)), claims());
    for (int i = 0; i < 20'000; ++i) {
      cache_.refuse(key_of("made up " + std::to_string(i)), Reason::kInactive);
    }
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(known(cache_, "real" + std::to_string(i)));
  }

  void no_refresh_is_due_before_the_last_third() {
    cache_.store(key_of("token"), claims());
    clock_.advance(milliseconds(19'999));
    CPPUNIT_ASSERT(!cache_.find(key_of("token")).refresh_due);
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refresh_due);
  }

  void one_caller_a_second_is_told_to_refresh() {
    cache_.store(key_of("token"), claims());
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
    cache_.store(key_of("token"), claims("somebody", clock_.wall() + kTtl));
    clock_.advance(seconds(29));
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(found.claims != nullptr);
    CPPUNIT_ASSERT(!found.refresh_due);
  }

  void a_token_that_ends_later_is_refreshed() {
    cache_.store(key_of("token"), claims("somebody", clock_.wall() + kTtl + seconds(1)));
    clock_.advance(seconds(20));
    CPPUNIT_ASSERT(cache_.find(key_of("token")).refresh_due);
  }

  void a_new_answer_starts_a_new_lifetime() {
    cache_.store(key_of("token"), claims("before"));
    clock_.advance(seconds(25));
    cache_.store(key_of("token"), claims("after"));
    clock_.advance(seconds(19));
    const TokenCache::Found found = cache_.find(key_of("token"));
    CPPUNIT_ASSERT(found.claims != nullptr);
    CPPUNIT_ASSERT(found.claims->subject() == "after");
    CPPUNIT_ASSERT(!found.refresh_due);
  }

  void without_grace_nothing_is_held_beyond_its_lifetime() {
    cache_.store(key_of("token"), claims());
    clock_.advance(kTtl);
    CPPUNIT_ASSERT(cache_.hold(key_of("token")) == nullptr);
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void holding_does_not_prolong_an_answer_where_there_is_no_grace() {
    cache_.store(key_of("token"), claims());
    clock_.advance(seconds(25));
    CPPUNIT_ASSERT(cache_.hold(key_of("token")) != nullptr);
    clock_.advance(seconds(5));
    CPPUNIT_ASSERT(!known(cache_, "token"));
  }

  void holds_nothing_of_tokens_it_does_not_know() {
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")) == nullptr);
    CPPUNIT_ASSERT(!known(graceful_, "token"));
  }

  void holds_a_run_out_answer_until_its_grace_ends() {
    graceful_.store(key_of("token"), claims());
    clock_.advance(kTtl);
    CPPUNIT_ASSERT(!known(graceful_, "token"));  // nobody has said that ZITADEL cannot be reached
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")) != nullptr);
    CPPUNIT_ASSERT(known(graceful_, "token"));
    clock_.advance(kGrace - milliseconds(1));
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")) != nullptr);
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")) == nullptr);
    CPPUNIT_ASSERT(!known(graceful_, "token"));
  }

  void holding_again_does_not_prolong_the_grace() {
    graceful_.store(key_of("token"), claims());
    int held = 0;
    for (int second = 0; second < 200; ++second) {
      held += graceful_.hold(key_of("token")) != nullptr ? 1 : 0;
      clock_.advance(seconds(1));
    }
    CPPUNIT_ASSERT_EQUAL(static_cast<int>((kTtl + kGrace).count()), held);
    CPPUNIT_ASSERT(!known(graceful_, "token"));
  }

  void a_held_answer_is_asked_about_once_a_second() {
    graceful_.store(key_of("token"), claims());
    clock_.advance(kTtl);
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")) != nullptr);
    CPPUNIT_ASSERT(!graceful_.find(key_of("token")).refresh_due);
    clock_.advance(auth::kRefreshRetry);
    CPPUNIT_ASSERT(graceful_.find(key_of("token")).refresh_due);
    CPPUNIT_ASSERT(!graceful_.find(key_of("token")).refresh_due);
  }

  // ZITADEL may be back by then, and the token revoked: the next caller has to ask first.
  void a_held_answer_is_not_served_once_nobody_has_tried_for_a_while() {
    graceful_.store(key_of("token"), claims());
    clock_.advance(seconds(25));
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")) != nullptr);
    clock_.advance(seconds(30));
    CPPUNIT_ASSERT(!known(graceful_, "token"));
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")) != nullptr);
    CPPUNIT_ASSERT(known(graceful_, "token"));
  }

  void a_refused_token_is_not_held() {
    graceful_.store(key_of("token"), claims());
    graceful_.refuse(key_of("token"), Reason::kInactive);
    CPPUNIT_ASSERT(graceful_.hold(key_of("token")) == nullptr);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenCacheTest);

}  // namespace
