// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>

#include "auth/cache/token_cache.h"
#include "auth/knowledge.h"
#include "auth/token_validator.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Reason;
using std::chrono::seconds;

// A validator that takes another's place goes on with what that knows. The fixture's validator is
// the one before; the next one has its own ZITADEL's answers.
class TokenHandoverTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(TokenHandoverTest);
  CPPUNIT_TEST(what_one_knows_the_other_knows);
  CPPUNIT_TEST(a_revocation_that_one_before_learns_of_counts);
  CPPUNIT_TEST(an_older_answer_that_comes_late_undoes_no_revocation);
  CPPUNIT_TEST(an_answer_means_the_same_with_another_key_or_lifetime);
  CPPUNIT_TEST(an_answer_means_something_else_to_another_api);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    ValidatorFixture::setUp();
    validator_ = validator(http_);
    next_ = validator(next_http_);
  }
  void tearDown() override {
    next_.reset();
    next_http_.shut_down();
    ValidatorFixture::tearDown();
  }

 private:
  std::unique_ptr<auth::TokenValidator> validator(support::ScriptedHttpClient& http) {
    auth::TokenValidator::Dependencies with{http, authentication_, clock_, *workers_};
    with.known = &known_;
    with.before = validator_.get();
    return std::make_unique<auth::TokenValidator>(defaults(), with);
  }

  std::string ask_next() {
    const std::string who = "next #" + std::to_string(++asked_);
    next_->authorize(auth::SecretView("token"), token_required_, {}, answers_.of(who));
    settle();
    return who;
  }
  auth::TokenValidator::Answer answer_next(const std::string& who, const std::string& body) {
    next_http_.answer(200, body);
    settle();
    return answers_.wait(who).answer;
  }

  void what_one_knows_the_other_knows() {
    make_known("token");
    CPPUNIT_ASSERT(answers_.wait(ask_next()).answer.has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, next_http_.waiting());
  }

  void a_revocation_that_one_before_learns_of_counts() {
    authorize("token");
    clock_.advance(seconds(1));
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_of("token"));
    assert_reason(Reason::kInactive, answers_.wait(ask_next()).answer);
  }

  void an_older_answer_that_comes_late_undoes_no_revocation() {
    authorize("token");
    clock_.advance(seconds(1));
    const std::string who = ask_next();
    clock_.advance(seconds(1));
    assert_reason(Reason::kInactive, answer_next(who, inactive_));
    zitadel_answers(200, active());
    assert_reason(Reason::kInactive, answer_of("token"));
    assert_reason(Reason::kInactive, answers_.wait(ask_next()).answer);
  }

  void an_answer_means_the_same_with_another_key_or_lifetime() {
    auth::Settings other = defaults();
    other.cache_ttl = seconds(5);
    other.client_secret = auth::Secret("another");
    other.realm = "another";
    CPPUNIT_ASSERT_EQUAL(auth::meaning_of(defaults()), auth::meaning_of(other));
  }

  void an_answer_means_something_else_to_another_api() {
    const auto differs = [](auto change) {
      auth::Settings other = defaults();
      change(other);
      return auth::meaning_of(other) != auth::meaning_of(defaults());
    };
    using Settings = auth::Settings;
    CPPUNIT_ASSERT(differs([](Settings& other) { other.domain += ".other"; }));
    CPPUNIT_ASSERT(differs([](Settings& other) { other.introspection_url += "https://other"; }));
    CPPUNIT_ASSERT(differs([](Settings& other) { other.client_id += "1"; }));
    CPPUNIT_ASSERT(differs([](Settings& other) { other.project_id += "1"; }));
    CPPUNIT_ASSERT(differs([](Settings& other) { other.pass_claims.emplace_back("email"); }));
    CPPUNIT_ASSERT(differs([](Settings& other) {
      other.ca_certificates += "x";
      other.ca_file = "x";
    }));
    CPPUNIT_ASSERT(
        differs([](Settings& other) { other.validation = auth::Validation::kJwtOrIntrospection; }));
    CPPUNIT_ASSERT(differs([](Settings& other) { other.events_token = auth::Secret("token"); }));
  }

  auth::TokenCache known_{{64 << 20, seconds(30), seconds(0)}, clock_};
  support::ScriptedHttpClient next_http_{};
  std::unique_ptr<auth::TokenValidator> next_{};
  int asked_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenHandoverTest);

}  // namespace
