// SPDX-License-Identifier: Apache-2.0
#include "auth/local_validation.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "auth/jose/base64url.h"
#include "tests/unit/support/jwts.h"
#include "tests/unit/support/keys.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Error;
using auth::Reason;
using auth::Settings;
using auth::Validation;
using auth::jose::Algorithm;
using std::chrono::seconds;
using support::signed_jwt;

const std::string kDiscovery =
    R"({"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/oauth/v2/keys"})";

// What the validator decides by itself, and what it asks ZITADEL about.
class LocalValidationTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(LocalValidationTest);
  CPPUNIT_TEST(jwt_refuses_an_opaque_token_without_a_question);
  CPPUNIT_TEST(jwt_refuses_forged_tokens_without_a_question);
  CPPUNIT_TEST(jwt_refuses_a_token_of_another_audience);
  CPPUNIT_TEST(jwt_decides_for_each_requirement);
  CPPUNIT_TEST(jwt_lets_nobody_in_who_waits_for_keys_that_do_not_come);
  CPPUNIT_TEST(jwt_lets_nobody_in_while_the_keys_cannot_be_had);
  CPPUNIT_TEST(jwt_waits_for_a_second_answer_where_the_first_was_to_an_older_question);
  CPPUNIT_TEST(jwt_waits_for_no_further_answer_once_the_time_is_over);
  CPPUNIT_TEST(jwt_lets_no_more_wait_than_may);
  CPPUNIT_TEST(jwt_refuses_a_deleted_key_from_the_next_refresh_on);
  CPPUNIT_TEST(jwt_gives_a_deleted_key_no_grace);
  CPPUNIT_TEST(jwt_serves_on_while_zitadel_is_away);
  CPPUNIT_TEST(jwt_refuses_a_token_it_knows_once_it_has_expired);
  CPPUNIT_TEST(jwt_answers_for_a_good_token_at_once);
  CPPUNIT_TEST(jwt_verifies_each_time_where_nothing_is_kept);
  CPPUNIT_TEST(jwt_ends_those_who_wait_with_the_client);
  CPPUNIT_TEST(either_asks_about_an_opaque_token_only);
  CPPUNIT_TEST(the_shield_refuses_what_is_proved_bad_without_a_question);
  CPPUNIT_TEST(the_shield_refuses_nobody_by_a_clock_that_is_ahead);
  CPPUNIT_TEST(the_shield_asks_until_it_knows_what_time_it_is);
  CPPUNIT_TEST(jwt_goes_by_its_own_clock);
  CPPUNIT_TEST(the_shield_needs_no_key_for_what_the_claims_disprove);
  CPPUNIT_TEST(the_shield_leaves_all_else_to_zitadel);
  CPPUNIT_TEST(the_shield_leaves_odd_claims_to_zitadel);
  CPPUNIT_TEST(the_shield_does_not_vouch_for_a_good_signature);
  CPPUNIT_TEST(the_shield_stands_aside_while_the_keys_cannot_be_had);
  CPPUNIT_TEST(the_shield_leaves_an_unknown_key_to_zitadel);
  CPPUNIT_TEST(the_shield_can_be_turned_off);
  CPPUNIT_TEST(there_is_no_shield_where_the_process_ends_with_its_first_request);
  CPPUNIT_TEST(warming_up_asks_for_the_keys);
  CPPUNIT_TEST_SUITE_END();

  void start_with(Validation validation, std::chrono::seconds ttl = seconds(30),
                  std::chrono::seconds grace = seconds(0)) {
    start([&](Settings& settings) {
      settings.validation = validation;
      settings.project_id = "123";
      settings.cache_ttl = ttl;
      settings.grace = grace;
      settings.max_parked = 3;
    });
  }

  static std::string key_set(const std::vector<std::string>& ids) {
    std::vector<std::string> keys;
    for (const std::string& id : ids) {
      keys.push_back(support::jwk_of(support::rsa_key(), R"(,"alg":"RS256","kid":")" + id + '"'));
    }
    return support::jwk_set_of(keys);
  }

  // The validator knows these keys, and nothing is under way.
  void publish(const std::vector<std::string>& ids) {
    validator_->warm_up();
    zitadel_answers(200, kDiscovery);
    zitadel_answers(200, key_set(ids));
    asked_ = http_.asked();
  }

  [[nodiscard]] std::size_t questions() const { return http_.asked() - asked_; }

  [[nodiscard]] std::string payload(seconds lifetime = seconds(600),
                                    const std::string& issuer = "https://issuer.example",
                                    const std::string& audience = "123") const {
    const auto expiry = (clock_.wall() + lifetime).time_since_epoch().count();
    return "{\"iss\":\"" + issuer + "\",\"aud\":\"" + audience +
           R"(","sub":"somebody","jti":"1","exp":)" + std::to_string(expiry) +
           R"(,"urn:zitadel:iam:org:project:123:roles":{"reader":{"1":"d"}}})";
  }

  [[nodiscard]] std::string good(const std::string& key_id = "a") const {
    return signed_jwt(Algorithm::kRs256, key_id, payload());
  }

  // No valid token can be one of these: each with what it is refused for.
  [[nodiscard]] std::vector<std::pair<std::string, Reason>> proved_bad() const {
    const std::string header = R"({"alg":"RS256","kid":"a"})";
    const std::string text = good();
    EVP_PKEY* const other = support::other_rsa_key();
    const std::string other_payload = auth::jose::base64url_encode(payload(seconds(6000)));
    return {
        {signed_jwt(other, Algorithm::kRs256, header, payload()), Reason::kBadSignature},
        {text.substr(0, text.find('.') + 1) + other_payload + text.substr(text.rfind('.')),
         Reason::kBadSignature},
        {text.substr(0, text.rfind('.') + 1), Reason::kBadSignature},
        {signed_jwt(other, Algorithm::kRs256, header, "no claims"), Reason::kBadSignature},
        {signed_jwt(Algorithm::kRs256, "a", payload(seconds(-60))), Reason::kExpired},
        {signed_jwt(Algorithm::kRs256, "a", payload(seconds(60), "https://other.example")),
         Reason::kWrongIssuer},
    };
  }

  // ZITADEL alone can tell what these are: each with what it is refused for where it is not asked.
  [[nodiscard]] std::vector<std::pair<std::string, Reason>> not_proved() const {
    const std::string body = "." + auth::jose::base64url_encode(payload()) + ".";
    const std::string signature = auth::jose::base64url_encode(std::string(256, 'x'));
    const auto with_header = [&](const std::string& header) {
      return auth::jose::base64url_encode(header) + body + signature;
    };
    return {
        {with_header(R"({"alg":"HS256","kid":"a"})"), Reason::kUnsupportedAlgorithm},
        {auth::jose::base64url_encode(R"({"alg":"none"})") + body, Reason::kUnsupportedAlgorithm},
        {with_header(R"({"kid":"a"})"), Reason::kUnsupportedAlgorithm},
        {with_header(R"({"alg":"ES256K","kid":"a"})"), Reason::kUnsupportedAlgorithm},
        {with_header(R"({"alg":"RS256","kid":"a","typ":"dpop+jwt"})"),
         Reason::kUnsupportedTokenType},
        {with_header(R"({"alg":"RS256","kid":"a","crit":["x"]})"), Reason::kUnsupportedExtension},
        {with_header(R"({"alg":"RS256","kid":"a","b64":false})"), Reason::kUnsupportedExtension},
        {with_header(R"({"alg":"RS256","kid":1})"), Reason::kMalformedJwt},
        {with_header(R"({"alg":"RS256","kid":"a","kid":"a"})"), Reason::kMalformedJwt},
        {with_header(R"({"alg":"RS256","kid":"a","x":"\u0000"})"), Reason::kMalformedJwt},
        {with_header(R"({"alg":"RS256")"), Reason::kMalformedJwt},
        {with_header(R"({"alg":"RS256","kid":"a"})") + "=", Reason::kMalformedJwt},
        {good() + ".", Reason::kMalformedJwt},
        {good().substr(0, good().rfind('.')), Reason::kMalformedJwt},
        {signed_jwt(Algorithm::kRs512, "a", payload()), Reason::kAlgorithmMismatch},
    };
  }

  // As they come from introspection, the claims tell who was asked.
  void introspects(const std::string& token) {
    const auto answer = ask_and_answer(token, 200, active("told by ZITADEL"));
    CPPUNIT_ASSERT_EQUAL(std::string("told by ZITADEL"), subject(answer));
  }

  void jwt_refuses_an_opaque_token_without_a_question() {
    start_with(Validation::kJwt);
    for (const char* token : {"opaque", "a.b.c", ""}) {
      assert_reason(Reason::kOpaqueToken, answer_at_once(token));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void jwt_refuses_forged_tokens_without_a_question() {
    start_with(Validation::kJwt);
    publish({"a"});
    for (const auto& tokens : {proved_bad(), not_proved()}) {
      for (const auto& [token, reason] : tokens) {
        assert_reason(reason, answer_at_once(token));
        assert_reason(reason, answer_at_once(token));
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
  }

  void jwt_refuses_a_token_of_another_audience() {
    start_with(Validation::kJwt);
    publish({"a"});
    assert_reason(Reason::kWrongAudience,
                  answer_at_once(signed_jwt(Algorithm::kRs256, "a",
                                            payload(seconds(60), "https://issuer.example", "1"))));
  }

  void jwt_decides_for_each_requirement() {
    start_with(Validation::kJwt);
    publish({"a"});
    const std::string token = good();
    CPPUNIT_ASSERT(answer_at_once(token, require("role:reader")).has_value());
    assert_reason(Reason::kRoleMissing, answer_at_once(token, require("role:writer")));
    CPPUNIT_ASSERT(answer_at_once(token, require("role:reader")).has_value());
  }

  void jwt_lets_nobody_in_who_waits_for_keys_that_do_not_come() {
    start_with(Validation::kJwt);
    authorize(good());
    zitadel_answers(200, kDiscovery);
    zitadel_answers(503);
    const auto answer = answer_of(good());
    assert_reason(Reason::kKeySetUnavailable, answer);
    CPPUNIT_ASSERT(answer.error().retry_after.has_value());
  }

  void jwt_lets_nobody_in_while_the_keys_cannot_be_had() {
    start_with(Validation::kJwt);
    http_.fail_at_once(Error{Reason::kUnreachable});
    for (int i = 0; i < 100; ++i) {
      assert_reason(Reason::kKeySetUnavailable, answer_at_once(good()));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void jwt_waits_for_a_second_answer_where_the_first_was_to_an_older_question() {
    start_with(Validation::kJwt);
    publish({"a"});
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(answer_at_once(good()).has_value());  // begins the question
    authorize(good("b"), token_required_, "new key");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    zitadel_answers(200, key_set({"a"}));
    CPPUNIT_ASSERT(wait_for_question());
    zitadel_answers(200, key_set({"a", "b"}));
    CPPUNIT_ASSERT(answer_of("new key").has_value());
  }

  void jwt_waits_for_no_further_answer_once_the_time_is_over() {
    start_with(Validation::kJwt);
    publish({"a"});
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(answer_at_once(good()).has_value());
    authorize(good("b"), token_required_, "new key");
    clock_.advance(seconds(5));
    zitadel_answers(200, key_set({"a"}));
    assert_reason(Reason::kKeySetUnavailable, answer_of("new key"));
  }

  void jwt_lets_no_more_wait_than_may() {
    start_with(Validation::kJwt);
    for (const char* who : {"1", "2", "3"}) authorize(good(), token_required_, who);
    assert_reason(Reason::kTooManyWaiting, answer_at_once(good()));
    assert_reason(Reason::kTooManyWaiting, answer_at_once(good("b")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    zitadel_answers(200, kDiscovery);
    zitadel_answers(200, key_set({"a"}));
    for (const char* who : {"1", "2", "3"}) CPPUNIT_ASSERT(answer_of(who).has_value());
  }

  void jwt_refuses_a_deleted_key_from_the_next_refresh_on() {
    start_with(Validation::kJwt);
    publish({"a", "b"});
    clock_.advance(auth::kKeyRefreshInterval);
    const std::string token = good();
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    zitadel_answers(200, key_set({"b"}));
    authorize(token, token_required_, "later");
    zitadel_answers(200, key_set({"b"}));
    assert_reason(Reason::kUnknownKey, answer_of("later"));
    assert_reason(Reason::kUnknownKey, answer_at_once(token));
  }

  void jwt_gives_a_deleted_key_no_grace() {
    start_with(Validation::kJwt, seconds(30), seconds(600));
    publish({"a", "b"});
    clock_.advance(auth::kKeyRefreshInterval);
    const std::string token = good();
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    zitadel_answers(200, key_set({"b"}));
    http_.fail_at_once(Error{Reason::kUnreachable});
    clock_.advance(seconds(30));
    assert_reason(Reason::kKeySetUnavailable, answer_at_once(token));
  }

  void jwt_serves_on_while_zitadel_is_away() {
    start_with(Validation::kJwt);
    publish({"a"});
    http_.fail_at_once(Error{Reason::kUnreachable});
    for (int i = 0; i < 100; ++i) {
      CPPUNIT_ASSERT(answer_at_once(good()).has_value());
      clock_.advance(seconds(31));
    }
  }

  void jwt_refuses_a_token_it_knows_once_it_has_expired() {
    start_with(Validation::kJwt);
    publish({"a"});
    const std::string token = signed_jwt(Algorithm::kRs256, "a", payload(seconds(10)));
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    clock_.advance(seconds(9));
    CPPUNIT_ASSERT(answer_at_once(token).has_value());
    clock_.advance(seconds(1));
    assert_reason(Reason::kExpired, answer_at_once(token));
    clock_.advance(seconds(30));
    assert_reason(Reason::kExpired, answer_at_once(token));
  }

  // Also where an answer of introspection would be asked for again ahead.
  void jwt_answers_for_a_good_token_at_once() {
    start_with(Validation::kJwt);
    publish({"a"});
    const std::string token = good();
    for (int i = 0; i < 29; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_at_once(token)));
      clock_.advance(seconds(10));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
  }

  void jwt_verifies_each_time_where_nothing_is_kept() {
    start_with(Validation::kJwt, seconds(0));
    publish({"a"});
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(answer_at_once(good()).has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
  }

  void jwt_ends_those_who_wait_with_the_client() {
    start_with(Validation::kJwt);
    authorize(good(), token_required_, "a");
    authorize(good("b"), token_required_, "b");
    clock_.advance(seconds(60));
    validator_.reset();
    http_.fail_at_once(Error{Reason::kInternal});  // what is asked now would be too late
    const std::size_t asked = http_.asked();
    http_.shut_down();
    for (const char* who : {"a", "b"}) {
      assert_reason(Reason::kShuttingDown, answers_.wait(who).answer);
    }
    CPPUNIT_ASSERT_EQUAL(asked, http_.asked());
  }

  void either_asks_about_an_opaque_token_only() {
    start_with(Validation::kJwtOrIntrospection);
    publish({"a"});
    for (const auto& tokens : {proved_bad(), not_proved()}) {
      for (const auto& [token, reason] : tokens) assert_reason(reason, answer_at_once(token));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), subject(answer_at_once(good())));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
    introspects("opaque");
    CPPUNIT_ASSERT_EQUAL(std::string("told by ZITADEL"), subject(answer_at_once("opaque")));
    assert_reason(Reason::kInactive, ask_and_answer("refused", 200, inactive_));
  }

  void the_shield_refuses_what_is_proved_bad_without_a_question() {
    publish({"a"});
    for (const auto& [token, reason] : proved_bad()) {
      assert_reason(reason, answer_at_once(token));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
  }

  // A clock that is ahead, and an answer that tells so, or none yet.
  void the_shield_refuses_nobody_by_a_clock_that_is_ahead() {
    const std::string over = payload(seconds(-61));
    clock_ahead_ = std::chrono::hours(1);
    const std::string good_there = signed_jwt(Algorithm::kRs256, "a", payload(seconds(-1800)));
    const std::string over_there = signed_jwt(Algorithm::kRs256, "a", payload(seconds(-3700)));
    publish({"a"});
    introspects(good_there);
    assert_reason(Reason::kExpired, answer_at_once(over_there));
    clock_ahead_ = seconds(0);
    make_known("another answer");
    assert_reason(Reason::kExpired, answer_at_once(signed_jwt(Algorithm::kRs256, "a", over)));
  }

  void the_shield_asks_until_it_knows_what_time_it_is() {
    const std::string over = auth::jose::base64url_encode("{no header") + "." +
                             auth::jose::base64url_encode(payload(seconds(-3700))) + ".eA";
    assert_reason(Reason::kInactive, ask_and_answer(over, 200, inactive_));
    clock_.advance(seconds(5));
    assert_reason(Reason::kExpired, answer_at_once(over));
  }

  // Here nobody else judges them.
  void jwt_goes_by_its_own_clock() {
    clock_ahead_ = std::chrono::hours(1);
    start_with(Validation::kJwt);
    publish({"a"});
    assert_reason(Reason::kExpired,
                  answer_at_once(signed_jwt(Algorithm::kRs256, "a", payload(seconds(-1)))));
  }

  void the_shield_needs_no_key_for_what_the_claims_disprove() {
    publish({"a"});
    const std::string elsewhere = payload(seconds(60), "https://other.example");
    const std::string signature = "." + auth::jose::base64url_encode("x");
    for (const char* header :
         {R"({"alg":"RS256","kid":"b"})", R"({"alg":"HS256"})", "{no header"}) {
      const std::string begin = auth::jose::base64url_encode(header) + ".";
      for (const auto& [claims, reason] : {std::pair(elsewhere, Reason::kWrongIssuer),
                                           std::pair(payload(seconds(-60)), Reason::kExpired)}) {
        const std::string token = begin + auth::jose::base64url_encode(claims) + signature;
        assert_reason(reason, answer_at_once(token));
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
  }

  void the_shield_leaves_all_else_to_zitadel() {
    start_with(Validation::kIntrospection);
    publish({"a"});
    for (const std::string& claims :
         {payload(seconds(60), "https://issuer.example", "elsewhere"), std::string("{}"),
          std::string("no claims"), R"({"nonce":"x",)" + payload().substr(1),
          R"({"exp":1,)" + payload().substr(1), R"({"nbf":9000000000,)" + payload().substr(1)}) {
      introspects(signed_jwt(Algorithm::kRs256, "a", claims));
    }
    for (const auto& [token, reason] : not_proved()) introspects(token);
    introspects("opaque");
  }

  void the_shield_leaves_odd_claims_to_zitadel() {
    publish({"a"});
    const std::string deep = std::string(1000, '[') + std::string(1000, ']');
    for (const std::string& claim : {std::string(R"("a":"\u0000")"), std::string(R"("\ud800":1)"),
                                     std::string(R"("a":1e999)"), "\"a\":" + deep}) {
      introspects(signed_jwt(Algorithm::kRs256, "a", '{' + claim + ',' + payload().substr(1)));
    }
  }

  void the_shield_does_not_vouch_for_a_good_signature() {
    publish({"a"});
    introspects(good());
    assert_reason(
        Reason::kInactive,
        ask_and_answer(signed_jwt(Algorithm::kRs256, "a", payload(seconds(61))), 200, inactive_));
  }

  void the_shield_stands_aside_while_the_keys_cannot_be_had() {
    http_.fail_at_once(Error{Reason::kUnreachable});
    validator_->warm_up();
    http_.fail_at_once(std::nullopt);
    const std::string forged = proved_bad().front().first;
    authorize(forged);
    zitadel_answers(Reason::kUnreachable);  // for the keys
    zitadel_answers(200, inactive_);
    assert_reason(Reason::kInactive, answer_of(forged));
    introspects(good());
  }

  // Also while the pause lasts in which ZITADEL is not asked for its keys again: a key may be
  // newer.
  void the_shield_leaves_an_unknown_key_to_zitadel() {
    publish({"a"});
    authorize(good("b"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, questions());
    zitadel_answers(200, key_set({"a"}));
    zitadel_answers(200, active("told by ZITADEL"));
    CPPUNIT_ASSERT(answer_of(good("b")).has_value());
    for (int i = 0; i < 100; ++i) introspects(good("c" + std::to_string(i)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{102}, questions());
    introspects(signed_jwt(support::rsa_key(), Algorithm::kRs256, R"({"alg":"RS256"})", payload()));
  }

  void the_shield_can_be_turned_off() {
    start([](Settings& settings) { settings.jwt_shield = false; });
    validator_->warm_up();
    zitadel_answers(200, kDiscovery);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    for (const auto& [token, reason] : proved_bad()) {
      assert_reason(Reason::kInactive, ask_and_answer(token, 200, inactive_));
    }
  }

  void there_is_no_shield_where_the_process_ends_with_its_first_request() {
    validator_ = std::make_unique<auth::TokenValidator>(
        defaults(), auth::TokenValidator::Dependencies{http_, authentication_, clock_, *workers_,
                                                       nullptr, false});
    introspects(good());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void warming_up_asks_for_the_keys() {
    for (const Validation mode :
         {Validation::kIntrospection, Validation::kJwt, Validation::kJwtOrIntrospection}) {
      start_with(mode);
      publish({"a"});
      assert_reason(Reason::kExpired,
                    answer_at_once(signed_jwt(Algorithm::kRs256, "a", payload(seconds(-60)))));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
    }
  }

  // A question that a thread of the pool asks.
  [[nodiscard]] bool wait_for_question() const {
    for (int i = 0; i < 10'000 && http_.waiting() == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return http_.waiting() > 0;
  }

  std::size_t asked_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LocalValidationTest);

}  // namespace
