// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/client_assertion.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "auth/base/json.h"
#include "auth/zitadel/form.h"
#include "tests/unit/support/keys.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::Secret;
using auth::WallTime;
using std::chrono::seconds;

constexpr WallTime kNow = support::ManualClock::kStart;

class ClientAssertionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientAssertionTest);
  CPPUNIT_TEST(never_gives_two_assertions_the_same_jti);
  CPPUNIT_TEST(gives_nobody_else_the_assertion_that_follows_a_refusal);
  CPPUNIT_TEST(gives_up_the_refused_assertion);
  CPPUNIT_TEST(has_nothing_new_after_a_refused_secret);
  CPPUNIT_TEST(signs_anew_before_the_assertion_ends);
  CPPUNIT_TEST(signs_anew_when_the_clock_was_set_back);
  CPPUNIT_TEST(says_nothing_secret_of_itself);
  CPPUNIT_TEST(asserts_what_rfc_7523_asks_for);
  CPPUNIT_TEST(is_good_for_a_clock_that_is_minutes_wrong);
  CPPUNIT_TEST(keeps_strange_names_inside_their_strings);
  CPPUNIT_TEST(signs_once_for_all_threads);
  CPPUNIT_TEST(adds_the_assertion_to_the_form);
  CPPUNIT_TEST(encodes_both_parts_of_basic);
  CPPUNIT_TEST(encodes_form_fields);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    auto key =
        auth::jose::SigningKey::from_pem(auth::SecretView(support::pkcs1_pem(support::rsa_key())));
    CPPUNIT_ASSERT(key.has_value());
    key_ = *std::move(key);
  }

 private:
  std::unique_ptr<auth::ClientAuthentication> with_key() {
    return auth::key_authentication("222@project", "111", key_, "https://issuer.example", clock_);
  }

  static std::string applied(auth::ClientAuthentication& authentication, bool after_refusal) {
    std::string form;
    auth::HttpRequest request;
    CPPUNIT_ASSERT(authentication.apply(form, request, after_refusal).has_value());
    CPPUNIT_ASSERT(request.authorization.empty());
    return form;
  }

  support::Jws assertion(std::string_view subject, std::string_view audience) {
    const auto jwt = auth::sign_assertion(*key_, "111", subject, audience, kNow, seconds(60));
    CPPUNIT_ASSERT(jwt.has_value());
    return support::take_apart(jwt->reveal());
  }

  static auth::Json claims_of(const support::Jws& jws) {
    const auto claims = auth::Json::parse(jws.payload);
    CPPUNIT_ASSERT_MESSAGE(jws.payload, claims.has_value());
    return *claims;
  }

  void never_gives_two_assertions_the_same_jti() {
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) {
      const auto jti = claims_of(assertion("222", "https://issuer.example")).text_of("jti");
      CPPUNIT_ASSERT(jti.has_value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{22}, jti->size());  // 128 bits in base64url
      CPPUNIT_ASSERT(seen.insert(*jti).second);
    }
  }

  void gives_nobody_else_the_assertion_that_follows_a_refusal() {
    const auto authentication = with_key();
    CPPUNIT_ASSERT(authentication->can_renew());
    std::set<std::string> seen{applied(*authentication, false)};
    for (int i = 0; i < 5; ++i) {
      CPPUNIT_ASSERT(seen.insert(applied(*authentication, true)).second);
    }
    CPPUNIT_ASSERT(seen.insert(applied(*authentication, false)).second);
  }

  void gives_up_the_refused_assertion() {
    const auto authentication = with_key();
    const std::string refused = applied(*authentication, false);
    static_cast<void>(applied(*authentication, true));
    const std::string next = applied(*authentication, false);
    CPPUNIT_ASSERT(next != refused);
    CPPUNIT_ASSERT_EQUAL(next, applied(*authentication, false));
  }

  void has_nothing_new_after_a_refused_secret() {
    CPPUNIT_ASSERT(!auth::basic_authentication("222", Secret("secret"))->can_renew());
  }

  // Five minutes before, so that a clock may be behind by as much.
  void signs_anew_before_the_assertion_ends() {
    const auto authentication = with_key();
    const std::string first = applied(*authentication, false);
    clock_.advance(seconds(1500 - 300 - 1));
    CPPUNIT_ASSERT_EQUAL(first, applied(*authentication, false));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(first != applied(*authentication, false));
  }

  void signs_anew_when_the_clock_was_set_back() {
    const auto authentication = with_key();
    const std::string first = applied(*authentication, false);
    clock_.advance(seconds(-1));
    CPPUNIT_ASSERT(first != applied(*authentication, false));
  }

  void says_nothing_secret_of_itself() {
    CPPUNIT_ASSERT_EQUAL(std::string("key id 111"), with_key()->describe());
    CPPUNIT_ASSERT_EQUAL(std::string("client id 222"),
                         auth::basic_authentication("222", Secret("secret"))->describe());
  }

  // RFC 7523 §3; the audience is the issuer to the byte.
  void asserts_what_rfc_7523_asks_for() {
    const support::Jws jws = assertion("222@project", "https://issuer.example");
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"alg":"RS256","typ":"JWT","kid":"111"})"), jws.header);
    CPPUNIT_ASSERT(jws.verified);
    const auth::Json claims = claims_of(jws);
    CPPUNIT_ASSERT_EQUAL(std::string("222@project"), claims.text_of("iss").value_or(""));
    CPPUNIT_ASSERT_EQUAL(std::string("222@project"), claims.text_of("sub").value_or(""));
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example"), claims.text_of("aud").value_or(""));
  }

  // ZITADEL refuses an iat 2 seconds ahead of its clock, or an hour old, and an exp that is over.
  void is_good_for_a_clock_that_is_minutes_wrong() {
    CPPUNIT_ASSERT(auth::kAssertionLifetime == seconds(1800));
    const auto jwt = auth::sign_assertion(*key_, "111", "222", "https://issuer.example", kNow,
                                          auth::kAssertionLifetime);
    const auth::Json claims = claims_of(support::take_apart(jwt->reveal()));
    const std::int64_t now = kNow.time_since_epoch().count();
    CPPUNIT_ASSERT_EQUAL(now - 300, claims.integer_of("iat").value_or(0));
    CPPUNIT_ASSERT_EQUAL(now + 1500, claims.integer_of("exp").value_or(0));
  }

  void keeps_strange_names_inside_their_strings() {
    const auth::Json claims = claims_of(assertion("\",\"sub\":\"admin", "a\\\"\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("\",\"sub\":\"admin"), claims.text_of("sub").value_or(""));
    CPPUNIT_ASSERT_EQUAL(std::string("a\\\"\n"), claims.text_of("aud").value_or(""));
  }

  void signs_once_for_all_threads() {
    const auto authentication = with_key();
    std::vector<std::string> forms(16);
    std::vector<std::thread> threads;
    for (std::string& form : forms) {
      threads.emplace_back([&] {
        auth::HttpRequest request;
        if (!authentication->apply(form, request, false)) form = "failed";
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT(forms[0] != "failed");
    for (const std::string& form : forms) CPPUNIT_ASSERT_EQUAL(forms[0], form);
  }

  void adds_the_assertion_to_the_form() {
    std::string form = "token=abc";
    auth::HttpRequest request;
    CPPUNIT_ASSERT(with_key()->apply(form, request, false).has_value());
    const std::string head =
        "token=abc&client_assertion_type="
        "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=";
    CPPUNIT_ASSERT_EQUAL(head, form.substr(0, head.size()));
    CPPUNIT_ASSERT(support::take_apart(form.substr(head.size())).verified);
  }

  // RFC 6749 §2.3.1: both are encoded "using the application/x-www-form-urlencoded algorithm".
  void encodes_both_parts_of_basic() {
    const auto authentication = auth::basic_authentication("222@a:b", Secret("s p+c/=%\xc3\xa9"));
    std::string form = "token=abc";
    auth::HttpRequest request;
    CPPUNIT_ASSERT(authentication->apply(form, request, false).has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("token=abc"), form);
    // 222%40a%3Ab:s+p%2Bc%2F%3D%25%C3%A9
    CPPUNIT_ASSERT_EQUAL(std::string("Basic MjIyJTQwYSUzQWI6cytwJTJCYyUyRiUzRCUyNSVDMyVBOQ=="),
                         std::string(request.authorization.reveal()));
  }

  void encodes_form_fields() {
    std::string form;
    auth::append_form_field(form, "a&b", "c=d&e");
    auth::append_form_field(form, "", std::string_view("\0\xff ~*-._", 8));
    CPPUNIT_ASSERT_EQUAL(std::string("a%26b=c%3Dd%26e&=%00%FF+%7E*-._"), form);
    CPPUNIT_ASSERT_EQUAL(std::string("azAZ09"), auth::form_encode("azAZ09"));
  }

  support::ManualClock clock_;
  std::shared_ptr<const auth::jose::SigningKey> key_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientAssertionTest);

}  // namespace
