// SPDX-License-Identifier: Apache-2.0
// JWTs that are checked here, while ZITADEL's events say which of them have ended.
#include "auth/revocations.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>

#include "auth/events/denials.h"
#include "auth/events/purges.h"
#include "tests/unit/support/jwts.h"
#include "tests/unit/support/keys.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Ends;
using auth::Reason;
using auth::scope_of;
using auth::Settings;
using auth::Validation;
using std::chrono::seconds;

const std::string kDiscovery =
    R"({"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/oauth/v2/keys"})";

class RevocationsTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(RevocationsTest);
  CPPUNIT_TEST(what_was_issued_before_its_event_is_refused);
  CPPUNIT_TEST(a_known_token_is_refused_from_its_event_on);
  CPPUNIT_TEST(without_a_time_of_issue_it_is_refused);
  CPPUNIT_TEST(two_days_after_its_issue_it_is_refused);
  CPPUNIT_TEST(nobody_is_let_in_where_events_cannot_be_had);
  CPPUNIT_TEST(the_grace_lets_in_for_longer);
  CPPUNIT_TEST(waits_for_the_first_events);
  CPPUNIT_TEST(waits_for_no_longer_than_for_zitadel);
  CPPUNIT_TEST(zitadel_is_asked_where_events_cannot_be_had);
  CPPUNIT_TEST_SUITE_END();

  void start_with(Validation validation, seconds grace = seconds(0)) {
    Settings settings = defaults();
    settings.validation = validation;
    settings.project_id = "123";
    settings.grace = grace;
    settings.timeout = std::chrono::milliseconds(300);
    validator_ = std::make_unique<auth::TokenValidator>(
        settings, auth::TokenValidator::Dependencies{http_, authentication_, clock_, *workers_,
                                                     nullptr, true, &purges_, &denials_});
    validator_->warm_up();
    zitadel_answers(200, kDiscovery);
    zitadel_answers(200, support::jwk_set_of(
                             {support::jwk_of(support::rsa_key(), R"(,"alg":"RS256","kid":"a")")}));
    asked_ = http_.asked();
  }
  void start_fed(Validation validation = Validation::kJwt, seconds grace = seconds(0)) {
    clock_.advance(seconds(1));
    purges_.fed_at(clock_.steady());
    start_with(validation, grace);
  }

  [[nodiscard]] std::string jwt(seconds age = seconds(0), bool tells = true) const {
    const auto now = clock_.wall();
    const auto number = [](auth::WallTime time) {
      return std::to_string(time.time_since_epoch().count());
    };
    return support::signed_jwt(
        auth::jose::Algorithm::kRs256, "a",
        R"({"iss":"https://issuer.example","aud":"123","sub":"alice","jti":"V2_1-at_1","exp":)" +
            number(now + seconds(600)) + (tells ? ",\"iat\":" + number(now - age) : "") + "}");
  }
  [[nodiscard]] std::uint64_t now() const {
    return static_cast<std::uint64_t>(clock_.wall().time_since_epoch().count());
  }
  void end_alice() {
    denials_.add({{scope_of(Ends::kSubject, "alice"), now()}});
    purges_.add({scope_of(Ends::kSubject, "alice")});
  }

 public:
  void what_was_issued_before_its_event_is_refused() {
    start_fed();
    end_alice();
    assert_reason(Reason::kRevoked, answer_at_once(jwt(seconds(1))));
    assert_reason(Reason::kRevoked, answer_at_once(jwt()));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(answer_at_once(jwt()).has_value());
    CPPUNIT_ASSERT_EQUAL(asked_, http_.asked());
  }

  void a_known_token_is_refused_from_its_event_on() {
    start_fed();
    const std::string token = jwt();
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    end_alice();
    assert_reason(Reason::kRevoked, answer_at_once(token));
  }

  void without_a_time_of_issue_it_is_refused() {
    start_fed();
    assert_reason(Reason::kClaimMissing, answer_at_once(jwt(seconds(0), false)));
  }

  void two_days_after_its_issue_it_is_refused() {
    start_fed();
    CPPUNIT_ASSERT(answer_at_once(jwt(seconds(48 * 3600 - 1))).has_value());
    assert_reason(Reason::kRevoked, answer_at_once(jwt(seconds(48 * 3600))));
  }

  void nobody_is_let_in_where_events_cannot_be_had() {
    start_fed();
    const std::string token = jwt();
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    clock_.advance(seconds(29));
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    clock_.advance(seconds(1));
    const auto refused = answer_at_once(token);
    assert_reason(Reason::kRevocationsUnknown, refused);
    CPPUNIT_ASSERT(refused.error().retry_after == seconds(1));
    purges_.fed_at(clock_.steady());
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
  }

  void the_grace_lets_in_for_longer() {
    start_fed(Validation::kJwt, seconds(60));
    end_alice();
    clock_.advance(seconds(89));
    CPPUNIT_ASSERT(answer_at_once(jwt()).has_value());
    assert_reason(Reason::kRevoked, answer_at_once(jwt(seconds(90))));
    clock_.advance(seconds(1));
    assert_reason(Reason::kRevocationsUnknown, answer_at_once(jwt()));
  }

  void waits_for_the_first_events() {
    start_with(Validation::kJwt);
    const std::string token = jwt();
    authorize(token);
    settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answers_.given());
    purges_.fed_at(clock_.steady());
    CPPUNIT_ASSERT(answer_of(token).has_value());
  }

  void waits_for_no_longer_than_for_zitadel() {
    start_with(Validation::kJwt);
    const std::string token = jwt();
    authorize(token);
    clock_.advance(seconds(1));
    assert_reason(Reason::kRevocationsUnknown, answer_of(token));
  }

  void zitadel_is_asked_where_events_cannot_be_had() {
    start_fed(Validation::kJwtOrIntrospection);
    const std::string token = jwt();
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    CPPUNIT_ASSERT_EQUAL(asked_, http_.asked());
    clock_.advance(seconds(31));
    authorize(token);
    settle();
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_of(token));
  }

 private:
  auth::Purges purges_{"123", false};
  auth::Denials denials_{"123", false};
  std::size_t asked_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RevocationsTest);

}  // namespace
