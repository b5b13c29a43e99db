// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>
#include <vector>

#include "auth/zitadel/introspection.h"

namespace {

using auth::Claims;
using auth::Error;
using auth::Reason;
using auth::Result;
using auth::WallTime;
using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'700'000'000)};

const auth::Expectations kNoProject{"https://issuer.example", "client"};
const auth::Expectations kOneProject{"https://issuer.example", "client", "123"};

class IntrospectionAnswerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IntrospectionAnswerTest);
  CPPUNIT_TEST(refuses_what_is_no_json_object);
  CPPUNIT_TEST(refuses_json_that_others_might_read_differently);
  CPPUNIT_TEST(refuses_a_claim_that_decides_and_cannot_be_read);
  CPPUNIT_TEST(leaves_out_what_it_cannot_read_and_reads_the_rest);
  CPPUNIT_TEST(a_claim_that_is_null_is_absent);
  CPPUNIT_TEST(takes_an_answer_of_any_shape_up_to_the_largest);
  CPPUNIT_TEST(takes_nothing_but_a_boolean_for_active);
  CPPUNIT_TEST(an_inactive_token_is_inactive_whatever_else_is_said_of_it);
  CPPUNIT_TEST(refuses_an_exp_that_is_no_date);
  CPPUNIT_TEST(refuses_a_token_from_a_minute_on_behind_its_expiry);
  CPPUNIT_TEST(refuses_an_nbf_that_is_no_date);
  CPPUNIT_TEST(allows_a_minute_of_skew_for_nbf);
  CPPUNIT_TEST(refuses_another_issuer);
  CPPUNIT_TEST(refuses_another_audience);
  CPPUNIT_TEST(refuses_a_malformed_audience);
  CPPUNIT_TEST(tells_the_operator_which_audience_was_expected_and_came);
  CPPUNIT_TEST(leaves_the_audience_to_zitadel_where_no_project_is_configured);
  CPPUNIT_TEST(grants_no_role_by_a_scope);
  CPPUNIT_TEST(grants_no_role_of_another_project);
  CPPUNIT_TEST(grants_no_role_by_a_malformed_claim);
  CPPUNIT_TEST(grants_no_role_by_claims_that_are_only_alike);
  CPPUNIT_TEST(takes_the_roles_of_the_own_project_where_none_is_configured);
  CPPUNIT_TEST(keeps_which_organisation_granted_which_role);
  CPPUNIT_TEST(an_active_token_may_say_nothing_else_of_itself);
  CPPUNIT_TEST(passes_over_members_of_an_unexpected_type_that_decide_nothing);
  CPPUNIT_TEST(reads_what_zitadel_answers);
  CPPUNIT_TEST(keeps_strange_text_as_it_is);
  CPPUNIT_TEST_SUITE_END();

  static Result<Claims> read(std::string_view body,
                             const auth::Expectations& expected = kNoProject) {
    return auth::parse_introspection(body, expected, kNow);
  }

  // An active answer with those members besides.
  static std::string active(const std::string& members) {
    return "{\"active\": true" + (members.empty() ? "" : ", " + members) + "}";
  }

  static void assert_refused(Reason reason, const std::string& body,
                             const auth::Expectations& expected = kNoProject) {
    const Result<Claims> claims = read(body, expected);
    const std::string shown = body.substr(0, 200);
    CPPUNIT_ASSERT_MESSAGE(shown, !claims.has_value());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(shown, std::string(auth::describe(reason)),
                                 std::string(auth::describe(claims.error().reason)));
  }

  static Claims taken(const std::string& body, const auth::Expectations& expected = kNoProject) {
    const Result<Claims> claims = read(body, expected);
    CPPUNIT_ASSERT_MESSAGE(body + (claims ? "" : to_string(claims.error())), claims.has_value());
    return *claims;
  }

  void refuses_what_is_no_json_object() {
    for (const char* body : {"",
                             " ",
                             "null",
                             "true",
                             "[]",
                             "\"active\"",
                             "1",
                             "[{\"active\": true}]",
                             "<html>",
                             "active=true",
                             "{\"active\": true",
                             "{\"active\": true}}",
                             "{\"active\": true} x",
                             "{\"active\": true}{\"active\": true}",
                             "{active: true}",
                             "{'active': true}",
                             "\xef\xbb\xbf{\"active\": true}",
                             "{\"active\": true,}",
                             "{\"active\": True}",
                             "//\n{\"active\": true}",
                             "{\"active\": true /* */}"}) {
      assert_refused(Reason::kMalformedAnswer, body);
    }
    assert_refused(Reason::kMalformedAnswer, std::string("{\"active\": true}\0", 17));
    assert_refused(Reason::kMalformedAnswer, std::string("{\"active\"\0: true}", 17));
  }

  void refuses_json_that_others_might_read_differently() {
    assert_refused(Reason::kMalformedAnswer, "{\"active\": false, \"active\": true}");
    assert_refused(Reason::kMalformedAnswer, "{\"active\": true, \"\\u0061ctive\": false}");
    assert_refused(Reason::kMalformedAnswer, active("\"exp\": 1, \"exp\": 1900000000"));
    assert_refused(Reason::kMalformedAnswer, active("\"sub\": \"a\xff\""));
    assert_refused(Reason::kMalformedAnswer, active("\"sub\": \"a\xc0\x80\""));
    assert_refused(Reason::kMalformedAnswer, active("\"a\": \"\\u0000\", \"a\": 1"));
    assert_refused(Reason::kMalformedAnswer, active("\"a\": null, \"\\u0061\": 1"));
    assert_refused(Reason::kMalformedAnswer, active("\"sub\": \"a\nb\""));
    assert_refused(Reason::kMalformedAnswer, active("\"exp\": NaN"));
    assert_refused(Reason::kMalformedAnswer, active("\"exp\": 0x70000000"));
    assert_refused(Reason::kMalformedAnswer, active("\"exp\": 01900000000"));
  }

  // What an Action may add, and ZITADEL calls such a token active.
  static std::vector<std::string> unreadable_values() {
    return {R"("a\u0000b")",
            R"("\ud800")",
            R"("\udc00\ud800")",
            R"(["\u0000"])",
            R"({"a":{"b\u0000":1}})",
            R"({"\udfff":1})",
            "1e400",
            "-1e400",
            "18446744073709551616",
            "[99999999999999999999]",
            std::string(10'000, '[') + std::string(10'000, ']'),
            std::string(31, '[') + '1' + std::string(31, ']')};
  }

  // It is there, so whoever wrote it meant something by it.
  void refuses_a_claim_that_decides_and_cannot_be_read() {
    for (const std::string& value : unreadable_values()) {
      assert_refused(Reason::kMalformedAnswer, "{\"active\": " + value + "}");
      for (const char* name : {"exp", "nbf", "iss", "aud", "sub", "\\u0065xp",
                               "urn:zitadel:iam:user:resourceowner:id"}) {
        assert_refused(Reason::kMalformedAnswer, active('"' + std::string(name) + "\": " + value));
      }
      const std::string own = "\"urn:zitadel:iam:org:project:123:roles\": " + value;
      const std::string any = "\"urn:zitadel:iam:org:project:roles\": " + value;
      assert_refused(Reason::kMalformedAnswer, active(own), kOneProject);
      assert_refused(Reason::kMalformedAnswer, active(any), kNoProject);
      CPPUNIT_ASSERT(taken(active(own), kNoProject).roles().empty());
      CPPUNIT_ASSERT(taken(active(any), kOneProject).roles().empty());
    }
    assert_refused(Reason::kMalformedAnswer, active(R"("aud": ["client", "\u0000"])"));
    assert_refused(
        Reason::kMalformedAnswer,
        active(R"("urn:zitadel:iam:org:project:roles": {"a": {"1": "d"}, "b\u0000": {"1": "d"}})"));
  }

  void leaves_out_what_it_cannot_read_and_reads_the_rest() {
    const auth::Expectations expected{
        "https://issuer.example", "client", "123", {"odd", "n", "name", ""}};
    for (const std::string& value : unreadable_values()) {
      const Claims claims =
          taken(active("\"odd\": " + value +
                       R"(, "a\u0000": 1, "\ud800": {}, "sub": "somebody", "name": "B",
                          "aud": "123", "username": )" +
                       value),
                expected);
      CPPUNIT_ASSERT_EQUAL(std::string("somebody"), std::string(claims.subject()));
      CPPUNIT_ASSERT_EQUAL(std::string("B"), std::string(claims.extra("name")));
      CPPUNIT_ASSERT(claims.extra("odd").empty());
      CPPUNIT_ASSERT(claims.username().empty());
    }
    for (const char* number : {"18446744073709551615", "-9223372036854775808", "1.5", "1e300"}) {
      const Claims claims = taken(active("\"n\": " + std::string(number)), expected);
      CPPUNIT_ASSERT_EQUAL(std::string(number), std::string(claims.extra("n")));
    }
  }

  void a_claim_that_is_null_is_absent() {
    const auth::Expectations expected{"https://issuer.example", "client", "123", {"locale", "a"}};
    const Claims claims = taken(
        active(R"("exp": null, "nbf": null , "iss": null, "aud":null, "sub": null, "scope": null,
                  "client_id": null, "locale": null, "a": [null],
                  "urn:zitadel:iam:org:project:123:roles": null)"),
        expected);
    CPPUNIT_ASSERT(!claims.expiry() && !claims.not_before());
    CPPUNIT_ASSERT(claims.subject().empty() && claims.issuer().empty());
    CPPUNIT_ASSERT(claims.roles().empty() && claims.scopes().empty());
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(claims.extra("locale")));
    CPPUNIT_ASSERT_EQUAL(std::string("[null]"), std::string(claims.extra("a")));
    assert_refused(Reason::kMalformedAnswer, "{\"active\": null}");
  }

  void takes_an_answer_of_any_shape_up_to_the_largest() {
    assert_refused(Reason::kMalformedAnswer, std::string(1 << 20, '['));
    assert_refused(Reason::kMalformedAnswer, active("\"a\": " + std::string(1 << 20, '[')));
    std::string nested;
    for (int i = 0; i < 150'000; ++i) nested += "{\"a\":";
    CPPUNIT_ASSERT(read(active("\"a\": " + nested + '1' + std::string(150'000, '}'))).has_value());
    std::string members = "\"\": 1";
    for (int i = 0; members.size() < (1U << 20) - 100; ++i) {
      members += ",\"" + std::to_string(i) + "\\u0000\":1";
    }
    CPPUNIT_ASSERT(read(active(members)).has_value());
    std::string numbers = "1";
    while (numbers.size() < (1U << 20) - 100) numbers += ",1";
    CPPUNIT_ASSERT(read(active("\"a\": [" + numbers + "]")).has_value());
    CPPUNIT_ASSERT(read(active("\"a\": \"" + std::string(1'000'000, 'a') + "\"")).has_value());
  }

  void takes_nothing_but_a_boolean_for_active() {
    assert_refused(Reason::kMalformedAnswer, "{}");
    assert_refused(Reason::kMalformedAnswer, "{\"Active\": true}");
    for (const char* value :
         {"\"true\"", "\"false\"", "1", "0", "null", "[true]", "{\"active\": true}", "\"\""}) {
      assert_refused(Reason::kMalformedAnswer, "{\"active\": " + std::string(value) + "}");
    }
  }

  void an_inactive_token_is_inactive_whatever_else_is_said_of_it() {
    assert_refused(Reason::kInactive, "{\"active\": false}");
    assert_refused(Reason::kInactive, "{\"sub\": \"a\", \"exp\": 1900000000, \"active\": false}");
    assert_refused(Reason::kInactive, "{\"active\": false, \"exp\": \"no date\"}");
  }

  void refuses_an_exp_that_is_no_date() {
    for (const char* value :
         {"\"1900000000\"", "true", "[1900000000]", "-1", "-1900000000", "9223372036854775807",
          "9223372036854775808", "18446744073709551616", "1e400", "-1e400", "9007199254740993",
          "{}", "\"2030-01-01T00:00:00Z\""}) {
      assert_refused(Reason::kMalformedAnswer, active("\"exp\": " + std::string(value)));
    }
  }

  // RFC 7519 §4.1.4: "some small leeway, usually no more than a few minutes, to account for clock
  // skew". ZITADEL calls the token active.
  void refuses_a_token_from_a_minute_on_behind_its_expiry() {
    for (const char* value : {"0", "0.0", "0.9", "1", "1699999939", "1699999940", "1699999940.999",
                              "1.69e9", "1699999939.5"}) {
      assert_refused(Reason::kExpired, active("\"exp\": " + std::string(value)));
    }
    CPPUNIT_ASSERT(taken(active("\"exp\": 1699999941")).expiry() == kNow - seconds(59));
    CPPUNIT_ASSERT(taken(active("\"exp\": 1700000001")).expiry() == kNow + seconds(1));
    CPPUNIT_ASSERT(taken(active("\"exp\": 1700000001.5")).expiry() == kNow + seconds(1));
    CPPUNIT_ASSERT(taken(active("\"exp\": 9007199254740992")).expiry() ==
                   WallTime(seconds(9007199254740992)));
  }

  void refuses_an_nbf_that_is_no_date() {
    for (const char* value : {"\"1\"", "-1", "1e400", "9223372036854775808", "[]"}) {
      assert_refused(Reason::kMalformedAnswer, active("\"nbf\": " + std::string(value)));
    }
  }

  void allows_a_minute_of_skew_for_nbf() {
    assert_refused(Reason::kNotYetValid, active("\"nbf\": 1700000061"));
    assert_refused(Reason::kNotYetValid, active("\"nbf\": 9007199254740992"));
    CPPUNIT_ASSERT(taken(active("\"nbf\": 1700000060")).not_before() == kNow + seconds(60));
    CPPUNIT_ASSERT(read(active("\"nbf\": 0")).has_value());
    CPPUNIT_ASSERT(read(active("\"nbf\": 1700000060.9")).has_value());
  }

  void refuses_another_issuer() {
    for (const char* issuer :
         {"https://issuer.example/", "http://issuer.example", "https://ISSUER.example",
          "https://issuer.example:443", "https://issuer.example.evil", "issuer.example", ""}) {
      assert_refused(Reason::kWrongIssuer, active("\"iss\": \"" + std::string(issuer) + "\""));
    }
    for (const char* value : {"1", "true", "[\"https://issuer.example\"]", "{}"}) {
      assert_refused(Reason::kMalformedAnswer, active("\"iss\": " + std::string(value)));
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string("https://issuer.example"),
        std::string(taken(active("\"iss\": \"https://issuer.example\"")).issuer()));
  }

  void refuses_another_audience() {
    for (const char* audience : {"\"other\"", "[\"other\"]", "[]", "\"\"", "[\"\"]", "\"Client\"",
                                 "\"client \"", "[\"clien\", \"clients\"]", "\"124\"", "\"12\""}) {
      assert_refused(Reason::kWrongAudience, active("\"aud\": " + std::string(audience)),
                     kOneProject);
    }
    for (const char* audience :
         {"\"client\"", "[\"other\", \"client\"]", "\"123\"", "[\"other\", \"123\"]"}) {
      CPPUNIT_ASSERT(read(active("\"aud\": " + std::string(audience)), kOneProject).has_value());
    }
  }

  // RFC 7662 §2.2, RFC 7519 §4.1.3.
  void refuses_a_malformed_audience() {
    for (const char* audience : {"1", "true", "{}", "{\"client\": true}", "[1]", "[\"client\", 1]",
                                 "[null, \"client\"]", "[[\"client\"]]"}) {
      for (const auth::Expectations& expected : {kNoProject, kOneProject}) {
        assert_refused(Reason::kMalformedAnswer, active("\"aud\": " + std::string(audience)),
                       expected);
      }
    }
  }

  void tells_the_operator_which_audience_was_expected_and_came() {
    const Result<Claims> claims = read(active("\"aud\": \"other\""), kOneProject);
    CPPUNIT_ASSERT(!claims.has_value());
    const std::string& detail = claims.error().detail;
    CPPUNIT_ASSERT(detail.find("client") != std::string::npos);
    CPPUNIT_ASSERT(detail.find("123") != std::string::npos);
    CPPUNIT_ASSERT(detail.find("other") != std::string::npos);
  }

  // A service user's token names the project alone, and ZITADEL has compared it.
  void leaves_the_audience_to_zitadel_where_no_project_is_configured() {
    for (const char* audience : {"[\"123\"]", "\"123\"", "[\"client\"]", "[]", "[\"\"]"}) {
      CPPUNIT_ASSERT(read(active("\"aud\": " + std::string(audience)), kNoProject).has_value());
    }
    CPPUNIT_ASSERT(taken(active("\"aud\": [\"a\", \"b\"]"), kNoProject).has_audience("b"));
  }

  void grants_no_role_by_a_scope() {
    const Claims claims = taken(active("\"scope\": \"read:messages openid\""));
    CPPUNIT_ASSERT(claims.has_scope("read:messages"));
    CPPUNIT_ASSERT(!claims.has_role("read:messages"));
    CPPUNIT_ASSERT(claims.roles().empty());
  }

  void grants_no_role_of_another_project() {
    const std::string both =
        "\"urn:zitadel:iam:org:project:roles\": {\"generic\": {\"1\": \"d\"}}, "
        "\"urn:zitadel:iam:org:project:124:roles\": {\"other\": {\"1\": \"d\"}}, "
        "\"urn:zitadel:iam:org:project:1234:roles\": {\"longer\": {\"1\": \"d\"}}, "
        "\"urn:zitadel:iam:org:project:12:roles\": {\"shorter\": {\"1\": \"d\"}}, "
        "\"urn:zitadel:iam:org:project:123:roles\": {\"ours\": {\"1\": \"d\"}}";
    const Claims claims = taken(active(both), kOneProject);
    CPPUNIT_ASSERT(claims.has_role("ours"));
    for (const char* role : {"generic", "other", "longer", "shorter"}) {
      CPPUNIT_ASSERT_MESSAGE(role, !claims.has_role(role));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, claims.roles().size());
  }

  void grants_no_role_by_a_malformed_claim() {
    for (const char* claim :
         {"null", "true", "\"admin\"", "[\"admin\"]", "[{\"admin\": {\"1\": \"d\"}}]",
          "{\"admin\": null}", "{\"admin\": true}", "{\"admin\": \"1\"}", "{\"admin\": [\"1\"]}",
          "{\"admin\": {}}", "{\"admin\": 1}"}) {
      const Claims claims =
          taken(active("\"urn:zitadel:iam:org:project:roles\": " + std::string(claim)));
      CPPUNIT_ASSERT_MESSAGE(claim, !claims.has_role("admin"));
    }
  }

  void grants_no_role_by_claims_that_are_only_alike() {
    for (const char* name :
         {"roles", "urn:zitadel:iam:org:project:role", "urn:zitadel:iam:org:project:123:role",
          "urn:zitadel:iam:org:projects:roles", "Urn:zitadel:iam:org:project:roles",
          "urn:zitadel:iam:org:project:123:roles ", "x:urn:zitadel:iam:org:project:roles",
          "urn:zitadel:iam:org:projectroles", "urn:zitadel:iam:user:metadata",
          "urn:zitadel:iam:org:project::roles", "urn:zitadel:iam:org:project:1:roles", ""}) {
      const std::string claim = "\"" + std::string(name) + "\": {\"admin\": {\"1\": \"d\"}}";
      CPPUNIT_ASSERT_MESSAGE(name, !taken(active(claim)).has_role("admin"));
      CPPUNIT_ASSERT_MESSAGE(name, !taken(active(claim), kOneProject).has_role("admin"));
    }
  }

  // In an answer to this API, the claim without a project id speaks of the API's own.
  void takes_the_roles_of_the_own_project_where_none_is_configured() {
    const Claims claims = taken(
        active("\"urn:zitadel:iam:org:project:1:roles\": {\"a\": {\"7\": \"d\"}}, "
               "\"urn:zitadel:iam:org:projects:roles\": {\"b\": {\"8\": \"d\"}}, "
               "\"urn:zitadel:iam:org:project:roles\": {\"c\": {\"7\": \"d\", \"8\": \"e\"}}"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, claims.roles().size());
    CPPUNIT_ASSERT(claims.has_role("c", "7") && claims.has_role("c", "8"));
  }

  void keeps_which_organisation_granted_which_role() {
    const Claims claims =
        taken(active("\"urn:zitadel:iam:org:project:roles\": {\"read:messages\": {\"1\": "
                     "\"a.example\", \"2\": \"b.example\"}, \"write:messages\": {\"2\": "
                     "\"b.example\"}}, \"urn:zitadel:iam:user:resourceowner:id\": \"3\""));
    CPPUNIT_ASSERT(claims.has_role("read:messages", "1"));
    CPPUNIT_ASSERT(claims.has_role("write:messages", "2"));
    CPPUNIT_ASSERT(!claims.has_role("write:messages", "1"));
    CPPUNIT_ASSERT(!claims.has_role("read:messages", "3"));
    CPPUNIT_ASSERT(!claims.has_role("read:messages", "a.example"));
    CPPUNIT_ASSERT_EQUAL(std::string("3"), std::string(claims.organisation()));
  }

  // RFC 7662 §2.2: everything but active is OPTIONAL.
  void an_active_token_may_say_nothing_else_of_itself() {
    const Claims claims = taken(active(""), kOneProject);
    CPPUNIT_ASSERT(!claims.expiry() && !claims.not_before());
    CPPUNIT_ASSERT(claims.subject().empty());
    CPPUNIT_ASSERT(claims.roles().empty() && claims.scopes().empty() && claims.audience().empty());
  }

  void passes_over_members_of_an_unexpected_type_that_decide_nothing() {
    const Claims claims = taken(
        active("\"sub\": 1, \"scope\": [\"read:messages\"], \"client_id\": null, \"username\": "
               "{}, \"urn:zitadel:iam:user:resourceowner:id\": 3"));
    CPPUNIT_ASSERT(claims.subject().empty());
    CPPUNIT_ASSERT(claims.scopes().empty());
    CPPUNIT_ASSERT(claims.organisation().empty());
  }

  void reads_what_zitadel_answers() {
    const Claims claims =
        taken(R"({"active":true,"scope":"openid profile urn:zitadel:iam:org:project:id:123:aud",)"
              R"("client_id":"app","token_type":"Bearer","exp":1700043200,"iat":1700000000,)"
              R"("nbf":1700000000,"sub":"281","aud":["client","other","123"],)"
              R"("iss":"https://issuer.example","jti":"V2_1","username":"robot",)"
              R"("name":"Robot","preferred_username":"robot","updated_at":1690000000,)"
              R"("groups":[{"value":"1","display":"g"}],)"
              R"("urn:zitadel:iam:org:project:123:roles":{"read:messages":{"9":"org.example"}},)"
              R"("urn:zitadel:iam:org:project:roles":{"read:messages":{"9":"org.example"}},)"
              R"("urn:zitadel:iam:user:resourceowner:id":"9",)"
              R"("urn:zitadel:iam:user:resourceowner:name":"Org"})",
              kOneProject);
    CPPUNIT_ASSERT_EQUAL(std::string("281"), std::string(claims.subject()));
    CPPUNIT_ASSERT_EQUAL(std::string("app"), std::string(claims.client_id()));
    CPPUNIT_ASSERT_EQUAL(std::string("robot"), std::string(claims.username()));
    CPPUNIT_ASSERT_EQUAL(std::string("9"), std::string(claims.organisation()));
    CPPUNIT_ASSERT(claims.expiry() == kNow + seconds(43'200));
    CPPUNIT_ASSERT(claims.not_before() == kNow);
    CPPUNIT_ASSERT(claims.has_audience("client") && claims.has_audience("other"));
    CPPUNIT_ASSERT(claims.has_scope("openid") && claims.has_scope("profile"));
    CPPUNIT_ASSERT(claims.has_role("read:messages", "9"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, claims.roles().size());
  }

  void keeps_strange_text_as_it_is() {
    const Claims claims =
        taken(active("\"sub\": \"a\\r\\nb\\u00e4\\ud83d\\ude00\", "
                     "\"urn:zitadel:iam:org:project:roles\": {\"\": {\"\": \"\"}, \"a b\": {\"1\": "
                     "\"d\"}}"));
    CPPUNIT_ASSERT_EQUAL(std::string("a\r\nb\xc3\xa4\xf0\x9f\x98\x80"),
                         std::string(claims.subject()));
    CPPUNIT_ASSERT(claims.has_role("a b"));
    CPPUNIT_ASSERT(!claims.has_role("a"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IntrospectionAnswerTest);

}  // namespace
