// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/jwt_claims.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using auth::Claims;
using auth::Reason;
using auth::Result;
using auth::WallTime;
using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'700'000'000)};
const auth::Expectations kExpected{"https://issuer.example", "client", "123", {"locale"}};

// Each required claim, as it should be.
constexpr std::string_view kExpiry = R"("exp":1700000001)";
constexpr std::string_view kIssuer = R"("iss":"https://issuer.example")";
constexpr std::string_view kAudience = R"("aud":["other","123"])";
constexpr std::string_view kSubject = R"("sub":"somebody","jti":"1")";

class JwtClaimsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JwtClaimsTest);
  CPPUNIT_TEST(refuses_a_payload_that_is_no_json_object);
  CPPUNIT_TEST(refuses_a_payload_with_a_member_twice);
  CPPUNIT_TEST(requires_exp_iss_aud_and_sub);
  CPPUNIT_TEST(refuses_claims_of_another_type);
  CPPUNIT_TEST(a_claim_that_is_null_is_absent);
  CPPUNIT_TEST(refuses_a_claim_that_decides_and_cannot_be_read);
  CPPUNIT_TEST(leaves_out_what_it_cannot_read_and_reads_the_rest);
  CPPUNIT_TEST(refuses_a_token_from_the_second_on_in_which_it_expires);
  CPPUNIT_TEST(refuses_a_token_that_is_not_valid_yet_but_for_a_minute);
  CPPUNIT_TEST(refuses_another_issuer);
  CPPUNIT_TEST(refuses_another_audience);
  CPPUNIT_TEST(an_id_that_is_not_set_is_no_audience);
  CPPUNIT_TEST(refuses_a_token_without_an_id_of_its_own);
  CPPUNIT_TEST(refuses_a_logout_token);
  CPPUNIT_TEST(claims_with_the_names_of_other_tokens_do_not_matter);
  CPPUNIT_TEST(grants_no_role_of_another_project);
  CPPUNIT_TEST(grants_no_role_where_no_project_is_configured);
  CPPUNIT_TEST(does_not_let_active_overrule_anything);
  CPPUNIT_TEST(reads_an_access_token_of_zitadel);
  CPPUNIT_TEST(disproves_by_another_issuer_and_by_a_past_expiry);
  CPPUNIT_TEST(disproves_by_nothing_else);
  CPPUNIT_TEST_SUITE_END();

  static Result<Claims> read(const std::string& payload, WallTime now = kNow) {
    return auth::parse_jwt_claims(payload, kExpected, now);
  }

  static std::string join(std::initializer_list<std::string_view> members) {
    std::string text;
    for (const std::string_view member : members) {
      if (!member.empty()) text.append(text.empty() ? "" : ",").append(member);
    }
    return '{' + text + '}';
  }

  // A good payload with those members besides.
  static std::string with(std::string_view more) {
    return join({kExpiry, kIssuer, kAudience, kSubject, more});
  }

  static std::string check_refused(Reason reason, const std::string& payload, WallTime now = kNow) {
    const Result<Claims> claims = read(payload, now);
    CPPUNIT_ASSERT_MESSAGE("taken: " + payload, !claims);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(payload, std::string(auth::describe(reason)),
                                 std::string(auth::describe(claims.error().reason)));
    return claims.error().detail;
  }

  void refuses_a_payload_that_is_no_json_object() {
    for (const char* payload : {"", " ", "null", "[]", "1", "\"{}\"", "{", "{}x", "{}{}",
                                "{\"a\":}", "{\"sub\":\"\xff\"}"}) {
      check_refused(Reason::kMalformedJwt, payload);
    }
    check_refused(Reason::kMalformedJwt, with("") + std::string(1, '\0'));
  }

  // RFC 7519 §4: "The Claim Names within a JWT Claims Set MUST be unique".
  void refuses_a_payload_with_a_member_twice() {
    for (const std::string_view again : {kExpiry, kIssuer, kAudience, kSubject}) {
      check_refused(Reason::kMalformedJwt, with(again));
    }
    check_refused(Reason::kMalformedJwt, with(R"("\u0065xp":9999999999)"));
    check_refused(Reason::kMalformedJwt, with(R"("act":{"a":1,"a":1})"));
    check_refused(Reason::kMalformedJwt, with(R"("exp":"\u0000")"));
    check_refused(Reason::kMalformedJwt, with(R"("exp":null)"));
  }

  void requires_exp_iss_aud_and_sub() {
    const auto lacks = [](const std::string& payload) {
      return check_refused(Reason::kClaimMissing, payload);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("exp"), lacks(join({kIssuer, kAudience, kSubject})));
    CPPUNIT_ASSERT_EQUAL(std::string("iss"), lacks(join({kExpiry, kAudience, kSubject})));
    CPPUNIT_ASSERT_EQUAL(std::string("aud"), lacks(join({kExpiry, kIssuer, kSubject})));
    CPPUNIT_ASSERT_EQUAL(std::string("sub"),
                         lacks(join({kExpiry, kIssuer, kAudience, R"("jti":"1")"})));
    lacks(R"({"jti":"1"})");
  }

  void refuses_claims_of_another_type() {
    for (const char* value : {"\"1700000001\"", "-1", "[1700000001]", "{}", "true",
                              "9223372036854775808", "1e400", "99999999999999999999"}) {
      for (const std::string name : {"\"exp\":", "\"nbf\":"}) {
        const std::string claim = name + value;
        check_refused(Reason::kMalformedClaims, name == "\"exp\":"
                                                    ? join({claim, kIssuer, kAudience, kSubject})
                                                    : with(claim));
      }
    }
    for (const char* issuer : {"1", "[\"https://issuer.example\"]"}) {
      check_refused(Reason::kMalformedClaims,
                    join({kExpiry, "\"iss\":" + std::string(issuer), kAudience, kSubject}));
    }
    for (const char* audience :
         {"123", "[123]", "[\"123\",null]", "{\"123\":true}", "[[\"123\"]]"}) {
      check_refused(Reason::kMalformedClaims,
                    join({kExpiry, kIssuer, "\"aud\":" + std::string(audience), kSubject}));
    }
    for (const char* subject : {"1", "\"\"", "[\"somebody\"]", "\"\\u0000\""}) {
      const std::string claim = "\"jti\":\"1\",\"sub\":" + std::string(subject);
      check_refused(Reason::kMalformedClaims, join({kExpiry, kIssuer, kAudience, claim}));
    }
  }

  void a_claim_that_is_null_is_absent() {
    check_refused(Reason::kClaimMissing, join({R"("exp":null)", kIssuer, kAudience, kSubject}));
    check_refused(Reason::kClaimMissing, join({kExpiry, R"("iss":null)", kAudience, kSubject}));
    check_refused(Reason::kClaimMissing, join({kExpiry, kIssuer, R"("aud": null)", kSubject}));
    check_refused(Reason::kClaimMissing,
                  join({kExpiry, kIssuer, kAudience, R"("sub":null,"jti":"1")"}));
    const auto claims = read(with(R"("nbf":null,"events":null,"scope":null,"locale":null)"));
    CPPUNIT_ASSERT(claims.has_value());
    CPPUNIT_ASSERT(claims->extra("locale").empty());
  }

  static std::vector<std::string> unreadable_values() {
    return {R"("\u0000")", R"("\ud800")", R"({"a\u0000":1})", "1e400",
            std::string(4000, '[') + std::string(4000, ']')};
  }

  void refuses_a_claim_that_decides_and_cannot_be_read() {
    for (const std::string& value : unreadable_values()) {
      for (const char* name : {"nbf", "events", "urn:zitadel:iam:org:project:123:roles",
                               "urn:zitadel:iam:user:resourceowner:id"}) {
        check_refused(Reason::kMalformedClaims, with('"' + std::string(name) + "\":" + value));
      }
      check_refused(Reason::kMalformedClaims,
                    join({"\"exp\":" + value, kIssuer, kAudience, kSubject}));
      check_refused(Reason::kMalformedClaims,
                    join({kExpiry, "\"iss\":" + value, kAudience, kSubject}));
      check_refused(Reason::kMalformedClaims,
                    join({kExpiry, kIssuer, "\"aud\":" + value, kSubject}));
    }
  }

  void leaves_out_what_it_cannot_read_and_reads_the_rest() {
    for (const std::string& value : unreadable_values()) {
      const auto claims = read(with("\"locale\":" + value + ",\"\\ud800\":1,\"username\":\"b\""));
      CPPUNIT_ASSERT_MESSAGE(value, claims.has_value());
      CPPUNIT_ASSERT(claims->extra("locale").empty());
      CPPUNIT_ASSERT_EQUAL(std::string("b"), std::string(claims->username()));
    }
  }

  // RFC 7519 §4.1.4: "on or after which the JWT MUST NOT be accepted for processing".
  void refuses_a_token_from_the_second_on_in_which_it_expires() {
    const std::string payload = with("");
    CPPUNIT_ASSERT(read(payload, kNow).has_value());
    check_refused(Reason::kExpired, payload, kNow + seconds(1));
    check_refused(Reason::kExpired, payload, kNow + std::chrono::hours(24 * 365));
    check_refused(Reason::kExpired, join({R"("exp":0)", kIssuer, kAudience, kSubject}));
    check_refused(Reason::kExpired, join({R"("exp":1700000000.9)", kIssuer, kAudience, kSubject}));
  }

  // RFC 7519 §4.1.5: "Implementers MAY provide for some small leeway".
  void refuses_a_token_that_is_not_valid_yet_but_for_a_minute() {
    const std::string payload =
        join({R"("exp":1800000000,"nbf":1700000060)", kIssuer, kAudience, kSubject});
    CPPUNIT_ASSERT(read(payload, kNow).has_value());
    check_refused(Reason::kNotYetValid, payload, kNow - seconds(1));
  }

  void refuses_another_issuer() {
    for (const char* issuer : {"https://issuer.example/", "https://ISSUER.example", "",
                               "http://issuer.example", "https://issuer.example.evil"}) {
      check_refused(Reason::kWrongIssuer,
                    join({kExpiry, "\"iss\":\"" + std::string(issuer) + '"', kAudience, kSubject}));
    }
  }

  void refuses_another_audience() {
    for (const char* audience : {"[]", "\"\"", "\"1234\"", "[\"12\",\"3\"]", "\"CLIENT\"",
                                 "\"somebody\"", "\"https://issuer.example\""}) {
      check_refused(Reason::kWrongAudience,
                    join({kExpiry, kIssuer, "\"aud\":" + std::string(audience), kSubject}));
    }
    for (const char* audience : {"\"123\"", "\"client\"", "[\"x\",\"client\"]"}) {
      CPPUNIT_ASSERT(
          read(join({kExpiry, kIssuer, "\"aud\":" + std::string(audience), kSubject})).has_value());
    }
  }

  // Nobody is named by an id that is not known.
  void an_id_that_is_not_set_is_no_audience() {
    const auto read_for = [](const std::string& client, const std::string& project) {
      const std::string payload = join({kExpiry, kIssuer, "\"aud\":[\"\",\"x\"]", kSubject});
      return auth::parse_jwt_claims(payload, {"https://issuer.example", client, project}, kNow);
    };
    CPPUNIT_ASSERT(!read_for("", "123"));
    CPPUNIT_ASSERT(!read_for("client", ""));
    CPPUNIT_ASSERT(!read_for("", ""));
    CPPUNIT_ASSERT(read_for("", "x").has_value());
    CPPUNIT_ASSERT(read_for("x", "").has_value());
  }

  // RFC 9068 §4 warns of ID tokens: signed with the same key, for the same audience, and not a
  // credential. One that came by token exchange (RFC 8693) has no claim of its own.
  void refuses_a_token_without_an_id_of_its_own() {
    const auto without = [](std::string_view more) {
      return join({kExpiry, kIssuer, kAudience, R"("sub":"somebody")", more});
    };
    for (const char* members :
         {"", R"("azp":"client","client_id":"client","amr":["pwd"])", R"("nbf":1699999999)",
          R"("at_hash":"77QmUPtjPfzWtF2AnpK9RQ","nonce":"n","auth_time":1699999999,"sid":"V1_1")",
          R"("jti":null)", R"("jti":"")", R"("jti":1)", R"("jti":["1"])", R"("jti":"\u0000")",
          R"("JTI":"1")",
          R"("urn:zitadel:iam:org:project:123:roles":{"read:messages":{"1":"d"}})"}) {
      check_refused(Reason::kNotAnAccessToken, without(members));
    }
    CPPUNIT_ASSERT(read(without(R"("jti":"1")")).has_value());
  }

  // OpenID Connect Back-Channel Logout 1.0 §2.4.
  void refuses_a_logout_token() {
    for (const char* event : {"{}", "null", "1", "\"\""}) {
      const std::string events =
          R"("events":{"http://schemas.openid.net/event/backchannel-logout":)" +
          std::string(event) + "}";
      check_refused(Reason::kNotAnAccessToken, with(events));
    }
  }

  void claims_with_the_names_of_other_tokens_do_not_matter() {
    for (const char* members :
         {R"("at_hash":"x","c_hash":"y","nonce":"n","auth_time":1699999999,"sid":"s")",
          R"("events":["a"])", R"("events":{})", R"("events":"x")", R"("events":{"a":{}})",
          R"("events":["http://schemas.openid.net/event/backchannel-logout"])",
          R"("a":{"events":{"http://schemas.openid.net/event/backchannel-logout":{}}})"}) {
      CPPUNIT_ASSERT_MESSAGE(members, read(with(members)).has_value());
    }
  }

  void grants_no_role_of_another_project() {
    const auto claims =
        read(with(R"("urn:zitadel:iam:org:project:4:roles":{"admin":{"1":"example.com"}},)"
                  R"("urn:zitadel:iam:org:project:roles":{"admin":{"1":"example.com"}},)"
                  R"("urn:zitadel:iam:org:projects:roles":{"admin":{"1":"example.com"}},)"
                  R"("scope":"admin")"));
    CPPUNIT_ASSERT(claims.has_value());
    CPPUNIT_ASSERT(claims->roles().empty());
  }

  // The claim without a project id speaks of the client's project, and the others of any.
  void grants_no_role_where_no_project_is_configured() {
    const std::string roles = R"(:{"admin":{"1":"example.com"}})";
    for (const char* claim :
         {"urn:zitadel:iam:org:project:roles", "urn:zitadel:iam:org:project:123:roles",
          "urn:zitadel:iam:org:projects:roles", "urn:zitadel:iam:org:project::roles", ""}) {
      const std::string payload = join({kExpiry, kIssuer, R"("aud":"client")", kSubject,
                                        '"' + std::string(claim) + '"' + roles});
      const auto claims =
          auth::parse_jwt_claims(payload, {"https://issuer.example", "client"}, kNow);
      CPPUNIT_ASSERT_MESSAGE(claim, claims.has_value());
      CPPUNIT_ASSERT_MESSAGE(claim, claims->roles().empty());
    }
  }

  void does_not_let_active_overrule_anything() {
    check_refused(Reason::kExpired, with(R"("active":true)"), kNow + seconds(1));
  }

  void reads_an_access_token_of_zitadel() {
    const auto claims = read(R"({"iss":"https://issuer.example","sub":"250719447407395299",
      "aud":["250719447407395300@project","123"],"exp":1700043200,"iat":1700000000,
      "nbf":1700000000,"jti":"V2_250719447407395301-at_250719447407395302","client_id":"web",
      "urn:zitadel:iam:org:project:123:roles":{"read:messages":{"7":"acme.example"}},
      "urn:zitadel:iam:user:resourceowner:id":"7","scope":"openid profile"})");
    CPPUNIT_ASSERT(claims.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("250719447407395299"), std::string(claims->subject()));
    CPPUNIT_ASSERT_EQUAL(std::string("web"), std::string(claims->client_id()));
    CPPUNIT_ASSERT_EQUAL(std::string("7"), std::string(claims->organisation()));
    CPPUNIT_ASSERT(claims->expiry() == kNow + seconds(43200));
    CPPUNIT_ASSERT(claims->not_before() == kNow);
    CPPUNIT_ASSERT(claims->has_audience("123"));
    CPPUNIT_ASSERT(claims->has_scope("profile"));
    CPPUNIT_ASSERT(claims->has_role("read:messages", "7"));
  }

  static std::optional<Reason> disproof(const std::string& payload) {
    const auth::Result<void> possible = auth::disprove_jwt_claims(payload, kExpected, kNow);
    return possible ? std::nullopt : std::optional(possible.error().reason);
  }

  void disproves_by_another_issuer_and_by_a_past_expiry() {
    CPPUNIT_ASSERT(disproof(R"({"iss":"https://other.example"})") == Reason::kWrongIssuer);
    CPPUNIT_ASSERT(disproof(R"({"iss":"","exp":"x"})") == Reason::kWrongIssuer);
    CPPUNIT_ASSERT(disproof(R"({"exp":1699999940})") == Reason::kExpired);
    CPPUNIT_ASSERT(disproof(R"({"exp":1,"a":"\u0000","jti":null})") == Reason::kExpired);
    CPPUNIT_ASSERT(disproof(R"({"exp":1699999940.9,"iss":1})") == Reason::kExpired);
  }

  void disproves_by_nothing_else() {
    for (const char* payload :
         {"", "null", "[]", "{", "{}", R"({"iss":null,"exp":null})", R"({"exp":"1"})",
          R"({"exp":[1]})", R"({"iss":["https://other.example"]})", R"({"iss":"\u0000"})",
          R"({"exp":1699999941})", R"({"exp":1700000001})", R"({"exp":1e400})",
          R"({"exp":1,"exp":1})", R"({"iss":"a","iss":"b"})",
          R"({"nbf":1800000000,"aud":"other"})"}) {
      CPPUNIT_ASSERT_MESSAGE(payload, !disproof(payload));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JwtClaimsTest);

}  // namespace
