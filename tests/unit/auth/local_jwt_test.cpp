// SPDX-License-Identifier: Apache-2.0
#include "auth/local_validation.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "auth/jose/base64url.h"
#include "auth/settings/settings.h"
#include "tests/unit/support/jwts.h"
#include "tests/unit/support/keys.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::Claims;
using auth::Reason;
using auth::Result;
using auth::SecretView;
using auth::jose::Algorithm;
using std::chrono::seconds;
using support::jwk_of;
using support::key_for;
using support::signed_jwt;

const std::string kIssuer = "https://issuer.example";
const std::string kDiscovery =
    R"({"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/oauth/v2/keys"})";

class LocalJwtTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LocalJwtTest);
  CPPUNIT_TEST(refuses_an_opaque_token_without_asking_for_a_key);
  CPPUNIT_TEST(refuses_what_can_never_be_valid_without_asking_for_a_key);
  CPPUNIT_TEST(judges_nothing_while_no_key_is_known);
  CPPUNIT_TEST(refuses_a_token_of_somebody_else);
  CPPUNIT_TEST(refuses_an_unknown_key);
  CPPUNIT_TEST(refuses_a_key_that_does_not_fit);
  CPPUNIT_TEST(refuses_wrong_claims_of_a_good_signature);
  CPPUNIT_TEST(refuses_a_bad_signature_whatever_the_claims);
  CPPUNIT_TEST(refuses_a_token_once_it_has_expired);
  CPPUNIT_TEST(takes_a_good_token);
  CPPUNIT_TEST(takes_a_token_that_names_no_key_where_there_is_only_one);
  CPPUNIT_TEST(decides_once_the_key_set_is_there);
  CPPUNIT_TEST(goes_on_judging_while_zitadel_is_away);
  CPPUNIT_TEST_SUITE_END();

  std::optional<support::LogCapture> log_{};  // so that failures on order say nothing
  support::ManualClock clock_;
  support::ScriptedHttpClient http_;
  auth::WorkerPool workers_{0};  // whoever answers works
  const auth::LocalValidation validator_{
      jwt_mode(),
      {kIssuer, "client", "123"},
      std::make_shared<auth::RemoteKeySet>(
          std::make_shared<auth::Discovery>(kIssuer, false, http_, clock_), http_, workers_,
          clock_),
      clock_,
      true};

  static auth::Settings jwt_mode() {
    auth::Settings settings;
    settings.validation = auth::Validation::kJwt;
    return settings;
  }

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override { log_.reset(); }

 private:
  [[nodiscard]] Result<Claims> verify(const std::string& token) const {
    const std::optional<Result<Claims>> judged = validator_.judge(SecretView(token));
    return judged ? *judged : Result<Claims>(Reason::kKeySetUnavailable);
  }

  void check_refused(Reason reason, const std::string& token) const {
    const Result<Claims> claims = verify(token);
    CPPUNIT_ASSERT_MESSAGE("taken: " + token, !claims);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(token, std::string(auth::describe(reason)),
                                 std::string(auth::describe(claims.error().reason)));
  }

  // Publishes the RSA key as "rsa" and the one of P-256 as "ec".
  void publish() {
    validator_.warm_up();
    http_.answer(200, kDiscovery);
    http_.answer(200, support::jwk_set_of(
                          {jwk_of(support::rsa_key(), R"(,"kid":"rsa","alg":"RS256","use":"sig")"),
                           jwk_of(key_for(Algorithm::kEs256), R"(,"kid":"ec","use":"sig")")}));
  }

  [[nodiscard]] std::string payload(seconds lifetime = seconds(60),
                                    const std::string& issuer = kIssuer,
                                    const std::string& audience = "123") const {
    const auto expiry = (clock_.wall() + lifetime).time_since_epoch().count();
    return "{\"iss\":\"" + issuer + "\",\"aud\":\"" + audience +
           R"(","sub":"somebody","jti":"1","exp":)" + std::to_string(expiry) + '}';
  }

  [[nodiscard]] std::string good_token() const {
    return signed_jwt(Algorithm::kRs256, "rsa", payload());
  }

  void refuses_an_opaque_token_without_asking_for_a_key() {
    for (const char* token : {"", "dEnGhIFs3VnqcQU5D2zRSeiarB1nwH6goIKY0J8Mlow", "a.b.c"}) {
      check_refused(Reason::kOpaqueToken, token);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void refuses_what_can_never_be_valid_without_asking_for_a_key() {
    check_refused(Reason::kMalformedJwt, good_token() + ".");
    // {"alg":"none"}
    check_refused(Reason::kUnsupportedAlgorithm, "eyJhbGciOiJub25lIn0.e30.");
    // {"alg":"RS256","crit":["x"]}
    check_refused(Reason::kUnsupportedExtension, "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsieCJdfQ.e30.AA");
    // {"alg":"RS256","typ":"dpop+jwt"}
    check_refused(Reason::kUnsupportedTokenType,
                  "eyJhbGciOiJSUzI1NiIsInR5cCI6ImRwb3Arand0In0.e30.AA");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void judges_nothing_while_no_key_is_known() {
    check_refused(Reason::kKeySetUnavailable, good_token());
    http_.answer(Reason::kUnreachable);
    check_refused(Reason::kKeySetUnavailable, good_token());
  }

  void refuses_a_token_of_somebody_else() {
    publish();
    EVP_PKEY* const other = support::other_rsa_key();
    check_refused(Reason::kBadSignature, signed_jwt(other, Algorithm::kRs256,
                                                    R"({"alg":"RS256","kid":"rsa"})", payload()));
  }

  void refuses_an_unknown_key() {
    publish();
    const std::string token = signed_jwt(Algorithm::kRs256, "other", payload());
    check_refused(Reason::kKeySetUnavailable, token);
    http_.answer(200, support::jwk_set_of({jwk_of(support::rsa_key(), R"(,"kid":"rsa")")}));
    check_refused(Reason::kUnknownKey, token);
  }

  void refuses_a_key_that_does_not_fit() {
    publish();
    check_refused(Reason::kAlgorithmMismatch, signed_jwt(Algorithm::kRs512, "rsa", payload()));
    check_refused(Reason::kAlgorithmMismatch, signed_jwt(Algorithm::kRs256, "ec", payload()));
    check_refused(Reason::kAlgorithmMismatch, signed_jwt(Algorithm::kEs256, "rsa", payload()));
  }

  void refuses_wrong_claims_of_a_good_signature() {
    publish();
    const auto token = [](const std::string& claims) {
      return signed_jwt(Algorithm::kRs256, "rsa", claims);
    };
    check_refused(Reason::kExpired, token(payload(seconds(0))));
    check_refused(Reason::kWrongIssuer, token(payload(seconds(60), "https://other.example")));
    check_refused(Reason::kWrongAudience, token(payload(seconds(60), kIssuer, "other")));
    check_refused(Reason::kClaimMissing, token(R"({"jti":"1"})"));
    check_refused(Reason::kMalformedJwt, token(""));
    std::string id_token = payload();
    check_refused(Reason::kNotAnAccessToken,
                  token(id_token.replace(id_token.find("jti"), 3, "sid")));
  }

  void refuses_a_bad_signature_whatever_the_claims() {
    publish();
    const std::string good = good_token();
    const std::size_t first = good.find('.');
    const std::size_t last = good.rfind('.');
    for (const std::string& claims :
         {payload(seconds(600)), payload(seconds(-600)), std::string("{}"), std::string("!")}) {
      check_refused(
          Reason::kBadSignature,
          good.substr(0, first + 1) + auth::jose::base64url_encode(claims) + good.substr(last));
    }
  }

  void refuses_a_token_once_it_has_expired() {
    publish();
    const std::string token = good_token();
    clock_.advance(seconds(59));
    CPPUNIT_ASSERT(verify(token).has_value());
    clock_.advance(seconds(1));
    check_refused(Reason::kExpired, token);
  }

  void takes_a_good_token() {
    publish();
    for (const std::string& token :
         {good_token(), signed_jwt(Algorithm::kEs256, "ec", payload())}) {
      const Result<Claims> claims = verify(token);
      CPPUNIT_ASSERT(claims.has_value());
      CPPUNIT_ASSERT_EQUAL(std::string("somebody"), std::string(claims->subject()));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
  }

  void takes_a_token_that_names_no_key_where_there_is_only_one() {
    const std::string token =
        signed_jwt(key_for(Algorithm::kEs256), Algorithm::kEs256, R"({"alg":"ES256"})", payload());
    validator_.warm_up();
    http_.answer(200, kDiscovery);
    http_.answer(200, support::jwk_set_of({jwk_of(key_for(Algorithm::kEs256))}));
    CPPUNIT_ASSERT(verify(token).has_value());
    clock_.advance(auth::kKeyRefreshInterval);
    const std::string later =
        signed_jwt(key_for(Algorithm::kEs256), Algorithm::kEs256, R"({"alg":"ES256"})", payload());
    CPPUNIT_ASSERT(verify(later).has_value());
    http_.answer(200, support::jwk_set_of({jwk_of(key_for(Algorithm::kEs256), R"(,"kid":"1")"),
                                           jwk_of(key_for(Algorithm::kEs384), R"(,"kid":"2")")}));
    CPPUNIT_ASSERT(!verify(later));
  }

  void decides_once_the_key_set_is_there() {
    const std::string token = good_token();
    check_refused(Reason::kKeySetUnavailable, token);
    std::optional<Result<Claims>> decided;
    validator_.when_decidable([&] { decided = verify(token); });
    http_.answer(200, kDiscovery);
    CPPUNIT_ASSERT(!decided);
    http_.answer(200, support::jwk_set_of({jwk_of(support::rsa_key(), R"(,"kid":"rsa")")}));
    CPPUNIT_ASSERT(decided && decided->has_value());
  }

  void goes_on_judging_while_zitadel_is_away() {
    publish();
    http_.fail_at_once(auth::Error{Reason::kUnreachable});
    for (int hour = 0; hour < 48; ++hour) {
      const Result<Claims> claims = verify(good_token());
      CPPUNIT_ASSERT_MESSAGE(claims ? "" : auth::to_string(claims.error()), claims.has_value());
      check_refused(Reason::kKeySetUnavailable, signed_jwt(Algorithm::kRs256, "new", payload()));
      clock_.advance(std::chrono::hours(1));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LocalJwtTest);

}  // namespace
