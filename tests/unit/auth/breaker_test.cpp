// SPDX-License-Identifier: Apache-2.0
#include "auth/breaker.h"

#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <string>

#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/token_keys.h"

namespace {

using auth::Breaker;
using auth::Error;
using auth::Reason;
using auth::Standing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::key_of;

class BreakerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BreakerTest);
  CPPUNIT_TEST(opens_at_the_first_failure_of_zitadel_itself);
  CPPUNIT_TEST(no_answer_about_one_token_opens_it);
  CPPUNIT_TEST(nothing_that_says_little_opens_or_closes_it);
  CPPUNIT_TEST(a_slow_few_do_not_open_it_while_others_are_answered);
  CPPUNIT_TEST(open_it_lets_one_trial_through_a_second);
  CPPUNIT_TEST(a_trial_is_a_strangers_only_where_no_known_token_came_for_a_second);
  CPPUNIT_TEST(a_failed_trial_leaves_it_open);
  CPPUNIT_TEST(a_token_that_fails_on_keeps_no_other_from_a_trial);
  CPPUNIT_TEST(the_client_of_a_token_that_failed_waits_for_other_clients);
  CPPUNIT_TEST(a_slow_token_opens_it_once);
  CPPUNIT_TEST(a_hang_opens_it_for_a_token_that_was_answered_since);
  CPPUNIT_TEST(any_answer_closes_it);
  CPPUNIT_TEST(failures_that_arrive_late_do_not_put_the_trial_off);
  CPPUNIT_TEST(says_once_that_it_has_opened);
  CPPUNIT_TEST(refused_credentials_stay_our_own_fault);
  CPPUNIT_TEST(a_429_keeps_new_tokens_away_until_its_time_is_over);
  CPPUNIT_TEST(says_how_much_of_retry_after_is_left);
  CPPUNIT_TEST(waits_a_second_after_a_429_that_names_no_time);
  CPPUNIT_TEST(an_answer_does_not_cut_retry_after_short);
  CPPUNIT_TEST(a_shorter_retry_after_does_not_cut_a_longer_one_short);
  CPPUNIT_TEST_SUITE_END();

  support::ManualClock clock_;
  Breaker breaker_{clock_};

  // Of a question that was sent so long ago.
  bool fail(Reason reason = Reason::kTimedOut, milliseconds age = {}) {
    return breaker_.failed({reason}, clock_.steady() - age, key_of("failing"), {});
  }
  static std::optional<Breaker::Refusal> refuse(Breaker& breaker, Standing standing) {
    return breaker.refuse(key_of("token"), {standing});
  }
  [[nodiscard]] bool is_open() { return refuse(breaker_, Standing::kKnown).has_value(); }
  [[nodiscard]] bool tries(Standing standing) {
    const auto refusal = refuse(breaker_, standing);
    return refusal && refusal->is_trial;
  }

  void opens_at_the_first_failure_of_zitadel_itself() {
    for (const Reason reason : {Reason::kUnreachable, Reason::kTlsFailed, Reason::kTimedOut,
                                Reason::kClientAuthenticationRefused}) {
      Breaker breaker(clock_);
      CPPUNIT_ASSERT(!refuse(breaker, Standing::kNew));
      CPPUNIT_ASSERT(breaker.failed({reason, "why"}, clock_.steady(), key_of("failing"), {}));
      for (const Standing standing : {Standing::kNew, Standing::kKnown}) {
        const auto refusal = refuse(breaker, standing);
        CPPUNIT_ASSERT(refusal && !refusal->is_trial);
        CPPUNIT_ASSERT(refusal->error.retry_after == seconds(1));
      }
    }
  }

  void no_answer_about_one_token_opens_it() {
    for (const Reason reason :
         {Reason::kServerError, Reason::kUnexpectedStatus, Reason::kOurRequestRefused,
          Reason::kRedirected, Reason::kMalformedAnswer, Reason::kAnswerTooLarge,
          Reason::kAnswerTruncated, Reason::kAnswerStalled, Reason::kConnectionLost,
          Reason::kClockWrong, Reason::kClaimsTooLong, Reason::kRateLimited}) {
      for (int i = 0; i < 10; ++i) fail(reason);
      CPPUNIT_ASSERT(!is_open());
    }
  }

  void nothing_that_says_little_opens_or_closes_it() {
    constexpr Reason kLittle[] = {Reason::kAnswerTruncated, Reason::kAnswerStalled,
                                  Reason::kConnectionLost,  Reason::kInternal,
                                  Reason::kShuttingDown,    Reason::kKeyUnusable,
                                  Reason::kTooManyWaiting};
    for (const Reason reason : kLittle) fail(reason);
    CPPUNIT_ASSERT(!is_open());
    fail();
    for (const Reason reason : kLittle) fail(reason);
    CPPUNIT_ASSERT(is_open());
  }

  void a_slow_few_do_not_open_it_while_others_are_answered() {
    clock_.advance(seconds(3));
    breaker_.answered(key_of("other"));
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT(!fail(Reason::kTimedOut, seconds(5)));
    CPPUNIT_ASSERT(!is_open());
    // One that was sent behind the last answer does.
    CPPUNIT_ASSERT(fail(Reason::kTimedOut, seconds(1)));
    CPPUNIT_ASSERT(is_open());
  }

  void open_it_lets_one_trial_through_a_second() {
    fail();
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(!tries(Standing::kKnown));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(tries(Standing::kKnown));
    CPPUNIT_ASSERT(!tries(Standing::kKnown));
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(!tries(Standing::kKnown));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(tries(Standing::kKnown));
  }

  void a_trial_is_a_strangers_only_where_no_known_token_came_for_a_second() {
    fail();
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(tries(Standing::kNew));
    clock_.advance(milliseconds(500));
    CPPUNIT_ASSERT(!tries(Standing::kKnown));
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(!tries(Standing::kNew));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(tries(Standing::kNew));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(tries(Standing::kKnown));
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(!tries(Standing::kNew) && !tries(Standing::kKnown));
  }

  void a_failed_trial_leaves_it_open() {
    fail();
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(tries(Standing::kKnown));
    CPPUNIT_ASSERT(!fail());
    CPPUNIT_ASSERT(is_open());
  }

  [[nodiscard]] bool tries(const std::string& token, const auth::Asker& asker) {
    const auto refusal = breaker_.refuse(key_of(token), asker);
    return refusal && refusal->is_trial;
  }

  void a_token_that_fails_on_keeps_no_other_from_a_trial() {
    fail();
    for (int i = 0; i < 50; ++i) {
      clock_.advance(milliseconds(100));
      const bool tried = tries("failing", {Standing::kKnown});
      CPPUNIT_ASSERT_EQUAL(i % 10 == 9, tried);
    }
    CPPUNIT_ASSERT(tries("other", {Standing::kNew}));
    CPPUNIT_ASSERT(!tries("another", {Standing::kNew}));
    // Who came lately goes first.
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(!tries("failing", {Standing::kKnown}));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(tries("failing", {Standing::kKnown}));
    CPPUNIT_ASSERT(tries("known", {Standing::kKnown}));
  }

  void the_client_of_a_token_that_failed_waits_for_other_clients() {
    const auth::Asker one{Standing::kNew, auth::Asker::client_of("192.0.2.1")};
    const auth::Asker other{Standing::kNew, auth::Asker::client_of("192.0.2.2")};
    breaker_.failed({Reason::kTimedOut}, clock_.steady(), key_of("made up"), one);
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(tries("made up as well", one));
    CPPUNIT_ASSERT(tries("good", other));
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(!tries("made up as well", one));
  }

  void a_slow_token_opens_it_once() {
    CPPUNIT_ASSERT(fail());
    breaker_.answered(key_of("other"));
    clock_.advance(seconds(60));
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(!fail());
    CPPUNIT_ASSERT(!is_open());
    CPPUNIT_ASSERT(fail(Reason::kUnreachable));
  }

  void a_hang_opens_it_for_a_token_that_was_answered_since() {
    CPPUNIT_ASSERT(fail());
    breaker_.answered(key_of("other"));
    breaker_.answered(key_of("failing"));
    clock_.advance(seconds(60));
    CPPUNIT_ASSERT(fail());
  }

  void any_answer_closes_it() {
    for (const Reason reason :
         {Reason::kServerError, Reason::kUnexpectedStatus, Reason::kOurRequestRefused,
          Reason::kRedirected, Reason::kMalformedAnswer, Reason::kAnswerTooLarge,
          Reason::kClockWrong, Reason::kClaimsTooLong, Reason::kRateLimited}) {
      fail();
      CPPUNIT_ASSERT(is_open());
      fail(reason);
      CPPUNIT_ASSERT(!is_open());
    }
    fail();
    breaker_.answered(key_of("other"));
    CPPUNIT_ASSERT(!is_open());
  }

  void failures_that_arrive_late_do_not_put_the_trial_off() {
    fail();
    clock_.advance(milliseconds(900));
    for (int i = 0; i < 100; ++i) fail();
    clock_.advance(milliseconds(100));
    CPPUNIT_ASSERT(tries(Standing::kKnown));
  }

  void says_once_that_it_has_opened() {
    CPPUNIT_ASSERT(fail());
    CPPUNIT_ASSERT(!fail());
    breaker_.answered(key_of("failing"));
    CPPUNIT_ASSERT(fail());
  }

  // Or an API whose key was deleted would live on by its grace.
  void refused_credentials_stay_our_own_fault() {
    breaker_.failed({Reason::kClientAuthenticationRefused, "key id 7"}, clock_.steady(),
                    key_of("failing"), {});
    const auto refusal = refuse(breaker_, Standing::kKnown);
    CPPUNIT_ASSERT(refusal->error.reason == Reason::kClientAuthenticationRefused);
    CPPUNIT_ASSERT_EQUAL(std::string("key id 7"), refusal->error.detail);
    breaker_.answered(key_of("failing"));
    fail();
    CPPUNIT_ASSERT(refuse(breaker_, Standing::kKnown)->error.reason == Reason::kCircuitOpen);
  }

  void limit(seconds retry_after) {
    breaker_.failed({Reason::kRateLimited, "", retry_after}, clock_.steady(), key_of("failing"),
                    {});
  }

  void a_429_keeps_new_tokens_away_until_its_time_is_over() {
    limit(seconds(300));
    CPPUNIT_ASSERT(refuse(breaker_, Standing::kNew)->error.reason == Reason::kRateLimited);
    CPPUNIT_ASSERT(!refuse(breaker_, Standing::kKnown));
    clock_.advance(milliseconds(299'999));
    CPPUNIT_ASSERT(refuse(breaker_, Standing::kNew).has_value());
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!refuse(breaker_, Standing::kNew));
  }

  void says_how_much_of_retry_after_is_left() {
    limit(seconds(30));
    CPPUNIT_ASSERT(refuse(breaker_, Standing::kNew)->error.retry_after == seconds(30));
    clock_.advance(milliseconds(10'500));
    CPPUNIT_ASSERT(refuse(breaker_, Standing::kNew)->error.retry_after ==
                   seconds(20));  // rounded up
  }

  void waits_a_second_after_a_429_that_names_no_time() {
    fail(Reason::kRateLimited);
    CPPUNIT_ASSERT(refuse(breaker_, Standing::kNew).has_value());
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!refuse(breaker_, Standing::kNew));
  }

  void an_answer_does_not_cut_retry_after_short() {
    limit(seconds(30));
    breaker_.answered(key_of("other"));
    CPPUNIT_ASSERT(refuse(breaker_, Standing::kNew).has_value());
  }

  void a_shorter_retry_after_does_not_cut_a_longer_one_short() {
    limit(seconds(30));
    limit(seconds(1));
    CPPUNIT_ASSERT(refuse(breaker_, Standing::kNew)->error.retry_after == seconds(30));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BreakerTest);

}  // namespace
