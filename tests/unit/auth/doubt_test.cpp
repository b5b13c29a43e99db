// SPDX-License-Identifier: Apache-2.0
#include "auth/doubt.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/token_keys.h"

namespace {

using auth::Doubt;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::key_of;
using Verdict = Doubt::Verdict;

// Tokens are called "USER" or "USER/NUMBER".
class DoubtTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DoubtTest);
  CPPUNIT_TEST(a_lone_callers_token_is_revoked);
  CPPUNIT_TEST(a_token_is_revoked_where_a_witness_is_active);
  CPPUNIT_TEST(asks_one_witness_for_a_revocation);
  CPPUNIT_TEST(two_inactive_tokens_are_both_revoked);
  CPPUNIT_TEST(three_inactive_tokens_make_a_failing_zitadel);
  CPPUNIT_TEST(two_tokens_of_one_user_are_one_sign);
  CPPUNIT_TEST(a_witness_that_is_not_answered_decides_nothing);
  CPPUNIT_TEST(who_comes_meanwhile_waits_for_the_same_witness);
  CPPUNIT_TEST(any_token_that_is_active_is_a_witness);
  CPPUNIT_TEST(an_answer_to_an_older_question_is_no_witness);
  CPPUNIT_TEST(while_zitadel_fails_nobody_is_asked_for);
  CPPUNIT_TEST(an_active_answer_ends_it);
  CPPUNIT_TEST(an_older_active_answer_does_not_end_it);
  CPPUNIT_TEST(tells_the_operator_once);
  CPPUNIT_TEST(asks_no_witness_twice_in_a_second);
  CPPUNIT_TEST(asks_no_witness_that_was_active_long_ago_or_has_expired);
  CPPUNIT_TEST(asks_no_witness_that_was_inactive_itself);
  CPPUNIT_TEST(keeps_the_tokens_of_the_last_users_only);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override { log_.reset(); }

 private:
  std::optional<support::LogCapture> log_{};
  support::ManualClock clock_;
  Doubt doubt_{clock_, auth::kWitnessMemory};
  std::map<std::string, Verdict> verdicts_{};

  static std::string user_of(const std::string& token) { return token.substr(0, token.find('/')); }

  void active(const std::string& token, milliseconds age = {},
              std::optional<seconds> expires_in = {}) {
    auth::ClaimsBuilder claims;
    claims.subject(user_of(token));
    if (expires_in) claims.expiry(clock_.wall() + *expires_in);
    doubt_.active(key_of(token), auth::SecretView(token),
                  std::make_shared<const auth::Claims>(claims.build()), clock_.steady() - age);
  }

  // Returns the witness to ask, or "".
  std::string inactive(const std::string& token) {
    const auto witness = doubt_.inactive(key_of(token), user_of(token), clock_.steady(),
                                         [this, token](Verdict verdict) {
                                           CPPUNIT_ASSERT(!verdicts_.contains(token));
                                           verdicts_[token] = verdict;
                                         });
    return witness ? std::string(witness->token.reveal()) : "";
  }

  [[nodiscard]] bool is(const std::string& token, Verdict verdict) const {
    const auto found = verdicts_.find(token);
    return found != verdicts_.end() && found->second == verdict;
  }
  [[nodiscard]] bool waits(const std::string& token) const { return !verdicts_.contains(token); }

  // Tokens of that many users were active a while ago; of the last one last.
  void know(int users) {
    for (int i = 0; i < users; ++i) {
      active(std::string(1, static_cast<char>('a' + i)));
      clock_.advance(milliseconds(1));
    }
    clock_.advance(seconds(2));
  }

  void make_failing() {
    know(3);
    CPPUNIT_ASSERT_EQUAL(std::string("c"), inactive("a"));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), inactive("c"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("b"));
    CPPUNIT_ASSERT(doubt_.is_failing());
    verdicts_.clear();
  }

  void a_lone_callers_token_is_revoked() {
    know(1);
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("a"));
    CPPUNIT_ASSERT(is("a", Verdict::kRevoked));
    active("a/1");
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("a/2"));
    CPPUNIT_ASSERT(is("a/2", Verdict::kRevoked));
  }

  void a_token_is_revoked_where_a_witness_is_active() {
    know(3);
    CPPUNIT_ASSERT_EQUAL(std::string("c"), inactive("a"));
    CPPUNIT_ASSERT(waits("a"));
    active("c");
    CPPUNIT_ASSERT(is("a", Verdict::kConfirmed));
    CPPUNIT_ASSERT(!doubt_.is_failing());
  }

  void asks_one_witness_for_a_revocation() {
    know(8);
    int asked = 0;
    for (const char* token : {"a", "b", "c", "d"}) {
      const std::string witness = inactive(token);
      asked += witness.empty() ? 0 : 1;
      active(witness);
      CPPUNIT_ASSERT(is(token, Verdict::kConfirmed));
      clock_.advance(seconds(2));
    }
    CPPUNIT_ASSERT_EQUAL(4, asked);
  }

  void two_inactive_tokens_are_both_revoked() {
    know(2);
    CPPUNIT_ASSERT_EQUAL(std::string("b"), inactive("a"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("b"));
    CPPUNIT_ASSERT(is("a", Verdict::kRevoked) && is("b", Verdict::kRevoked));
    know(3);
    verdicts_.clear();
    CPPUNIT_ASSERT_EQUAL(std::string("c"), inactive("a"));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), inactive("c"));
    active("b");
    CPPUNIT_ASSERT(is("a", Verdict::kConfirmed) && is("c", Verdict::kConfirmed));
  }

  void three_inactive_tokens_make_a_failing_zitadel() {
    know(5);
    CPPUNIT_ASSERT_EQUAL(std::string("e"), inactive("a"));
    CPPUNIT_ASSERT_EQUAL(std::string("d"), inactive("e"));
    CPPUNIT_ASSERT(!doubt_.is_failing());
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("d"));
    for (const char* token : {"a", "d", "e"}) CPPUNIT_ASSERT(is(token, Verdict::kFailing));
    CPPUNIT_ASSERT(doubt_.is_failing());
  }

  void two_tokens_of_one_user_are_one_sign() {
    know(2);
    CPPUNIT_ASSERT_EQUAL(std::string("b"), inactive("a/1"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("a/2"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("b"));
    for (const char* token : {"a/1", "a/2", "b"}) CPPUNIT_ASSERT(is(token, Verdict::kRevoked));
  }

  void a_witness_that_is_not_answered_decides_nothing() {
    know(4);
    CPPUNIT_ASSERT_EQUAL(std::string("d"), inactive("a"));
    doubt_.unanswered(key_of("c"));
    CPPUNIT_ASSERT(waits("a"));
    doubt_.unanswered(key_of("d"));
    CPPUNIT_ASSERT(is("a", Verdict::kRevoked));
    doubt_.unanswered(key_of("d"));
  }

  void who_comes_meanwhile_waits_for_the_same_witness() {
    know(5);
    CPPUNIT_ASSERT_EQUAL(std::string("e"), inactive("a"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("b"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("c"));
    CPPUNIT_ASSERT(waits("a") && waits("b") && waits("c"));
    active("e");
    for (const char* token : {"a", "b", "c"}) CPPUNIT_ASSERT(is(token, Verdict::kConfirmed));
  }

  void any_token_that_is_active_is_a_witness() {
    know(3);
    CPPUNIT_ASSERT_EQUAL(std::string("c"), inactive("a"));
    active("somebody else");
    CPPUNIT_ASSERT(is("a", Verdict::kConfirmed));
    // The witness that was asked comes too late to decide, and is a token as any other.
    CPPUNIT_ASSERT_EQUAL(std::string("somebody else"), [&] {
      clock_.advance(seconds(2));
      return inactive("c");
    }());
  }

  void an_answer_to_an_older_question_is_no_witness() {
    know(3);
    CPPUNIT_ASSERT_EQUAL(std::string("c"), inactive("a"));
    clock_.advance(seconds(1));
    active("b", seconds(3));
    CPPUNIT_ASSERT(waits("a"));
  }

  void while_zitadel_fails_nobody_is_asked_for() {
    make_failing();
    active("d", seconds(3));
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("d"));
    CPPUNIT_ASSERT(is("d", Verdict::kFailing));
  }

  void an_active_answer_ends_it() {
    make_failing();
    clock_.advance(seconds(60));
    CPPUNIT_ASSERT(doubt_.is_failing());
    active("a");
    CPPUNIT_ASSERT(!doubt_.is_failing());
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("b"));
    CPPUNIT_ASSERT(is("b", Verdict::kRevoked));
  }

  void an_older_active_answer_does_not_end_it() {
    make_failing();
    active("a", seconds(1));
    CPPUNIT_ASSERT(doubt_.is_failing());
  }

  void tells_the_operator_once() {
    make_failing();
    for (int i = 0; i < 10; ++i) static_cast<void>(inactive("again " + std::to_string(i)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "failing inside"));
    for (int i = 0; i < 10; ++i) active("a");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "active again"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, support::lines_with(log_->text(), ": "));
  }

  void asks_no_witness_twice_in_a_second() {
    know(2);
    CPPUNIT_ASSERT_EQUAL(std::string("b"), inactive("a"));
    doubt_.unanswered(key_of("b"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("c"));
    CPPUNIT_ASSERT(is("c", Verdict::kRevoked));
    clock_.advance(auth::kWitnessPause);
    CPPUNIT_ASSERT_EQUAL(std::string("b"), inactive("d"));
    active("b");
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("e"));
  }

  void asks_no_witness_that_was_active_long_ago_or_has_expired() {
    active("expires", {}, seconds(100));
    clock_.advance(seconds(100));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("a"));
    active("old");
    clock_.advance(auth::kWitnessMemory);
    CPPUNIT_ASSERT_EQUAL(std::string("old"), inactive("b"));
    doubt_.unanswered(key_of("old"));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("c"));
  }

  void asks_no_witness_that_was_inactive_itself() {
    know(2);
    CPPUNIT_ASSERT_EQUAL(std::string("a"), inactive("b"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("a"));
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("c"));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive(""));
    active("");  // whose token it is, nobody knows
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT_EQUAL(std::string(), inactive("d"));
  }

  void keeps_the_tokens_of_the_last_users_only() {
    know(20);
    int witnesses = 0;
    for (std::string witness = inactive("z"); !witness.empty(); ++witnesses) {
      CPPUNIT_ASSERT(witness >= "m");
      doubt_.unanswered(key_of(witness));
      witness = inactive("z" + std::to_string(witnesses));
    }
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(auth::kMaxWitnesses), witnesses);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DoubtTest);

}  // namespace
