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

const auth::Expectations kAnyProject{"https://issuer.example", "client"};
const auth::Expectations kOneProject{"https://issuer.example", "client", "123"};

class IntrospectionAnswerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IntrospectionAnswerTest);
  CPPUNIT_TEST(refuses_what_is_no_json_object);
  CPPUNIT_TEST(refuses_json_that_others_might_read_differently);
  CPPUNIT_TEST(refuses_hostile_sizes);
  CPPUNIT_TEST(takes_nothing_but_a_boolean_for_active);
  CPPUNIT_TEST(an_inactive_token_is_inactive_whatever_else_is_said_of_it);
  CPPUNIT_TEST(refuses_an_exp_that_is_no_date);
  CPPUNIT_TEST(refuses_a_token_from_the_second_on_in_which_it_expires);
  CPPUNIT_TEST(refuses_an_nbf_that_is_no_date);
  CPPUNIT_TEST(allows_thirty_seconds_of_skew_for_nbf_alone);
  CPPUNIT_TEST(refuses_another_issuer);
  CPPUNIT_TEST(refuses_another_audience);
  CPPUNIT_TEST(refuses_a_malformed_audience);
  CPPUNIT_TEST(tells_the_operator_which_audience_was_expected);
  CPPUNIT_TEST(a_project_counts_as_audience_only_where_one_is_configured);
  CPPUNIT_TEST(grants_no_role_by_a_scope);
  CPPUNIT_TEST(grants_no_role_of_another_project);
  CPPUNIT_TEST(grants_no_role_by_a_malformed_claim);
  CPPUNIT_TEST(grants_no_role_by_claims_that_are_only_alike);
  CPPUNIT_TEST(takes_any_projects_roles_where_none_is_configured);
  CPPUNIT_TEST(joins_both_forms_of_the_claim);
  CPPUNIT_TEST(keeps_which_organisation_granted_which_role);
  CPPUNIT_TEST(an_active_token_may_say_nothing_else_of_itself);
  CPPUNIT_TEST(passes_over_members_of_an_unexpected_type_that_decide_nothing);
  CPPUNIT_TEST(reads_what_zitadel_answers);
  CPPUNIT_TEST(keeps_strange_text_as_it_is);
  CPPUNIT_TEST_SUITE_END();

  static Result<Claims> read(std::string_view body,
                             const auth::Expectations& expected = kAnyProject) {
    return auth::parse_introspection(body, expected, kNow);
  }

  // An active answer with those members besides.
  static std::string active(const std::string& members) {
    return "{\"active\": true" + (members.empty() ? "" : ", " + members) + "}";
  }

  static void assert_refused(Reason reason, const std::string& body,
                             const auth::Expectations& expected = kAnyProject) {
    const Result<Claims> claims = read(body, expected);
    const std::string shown = body.substr(0, 200);
    CPPUNIT_ASSERT_MESSAGE(shown, !claims.has_value());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(shown, std::string(auth::describe(reason)),
                                 std::string(auth::describe(claims.error().reason)));
  }

  static Claims taken(const std::string& body, const auth::Expectations& expected = kAnyProject) {
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
    assert_refused(Reason::kMalformedAnswer, active("\"sub\": \"a\\ud800\""));
    assert_refused(Reason::kMalformedAnswer, active("\"sub\": \"a\\u0000b\""));
    assert_refused(Reason::kMalformedAnswer, active("\"sub\": \"a\nb\""));
    assert_refused(Reason::kMalformedAnswer, active("\"exp\": NaN"));
    assert_refused(Reason::kMalformedAnswer, active("\"exp\": 0x70000000"));
    assert_refused(Reason::kMalformedAnswer, active("\"exp\": 01900000000"));
  }

  void refuses_hostile_sizes() {
    assert_refused(Reason::kMalformedAnswer,
                   active("\"a\": " + std::string(10'000, '[') + std::string(10'000, ']')));
    std::string nested;
    for (int i = 0; i < 10'000; ++i) nested += "{\"a\":";
    assert_refused(Reason::kMalformedAnswer,
                   active("\"a\": " + nested + '1' + std::string(10'000, '}')));
    assert_refused(Reason::kMalformedAnswer, std::string(1 << 20, '['));
    // Large, and well-formed all the same.
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
         {"\"1900000000\"", "null", "true", "[1900000000]", "-1", "-1900000000",
          "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e400", "-1e400",
          "9007199254740993", "{}", "\"2030-01-01T00:00:00Z\""}) {
      assert_refused(Reason::kMalformedAnswer, active("\"exp\": " + std::string(value)));
    }
  }

  // RFC 7519 §4.1.4: the current date and time MUST be before the expiration date and time.
  void refuses_a_token_from_the_second_on_in_which_it_expires() {
    for (const char* value : {"0", "0.0", "0.9", "1", "1699999999", "1700000000", "1700000000.999",
                              "1.7e9", "1699999999.5"}) {
      assert_refused(Reason::kExpired, active("\"exp\": " + std::string(value)));
    }
    CPPUNIT_ASSERT(taken(active("\"exp\": 1700000001")).expiry() == kNow + seconds(1));
    CPPUNIT_ASSERT(taken(active("\"exp\": 1700000001.5")).expiry() == kNow + seconds(1));
    CPPUNIT_ASSERT(taken(active("\"exp\": 9007199254740992")).expiry() ==
                   WallTime(seconds(9007199254740992)));
  }

  void refuses_an_nbf_that_is_no_date() {
    for (const char* value : {"\"1\"", "null", "-1", "1e400", "9223372036854775808", "[]"}) {
      assert_refused(Reason::kMalformedAnswer, active("\"nbf\": " + std::string(value)));
    }
  }

  void allows_thirty_seconds_of_skew_for_nbf_alone() {
    assert_refused(Reason::kNotYetValid, active("\"nbf\": 1700000031"));
    assert_refused(Reason::kNotYetValid, active("\"nbf\": 9007199254740992"));
    CPPUNIT_ASSERT(taken(active("\"nbf\": 1700000030")).not_before() == kNow + seconds(30));
    CPPUNIT_ASSERT(read(active("\"nbf\": 0")).has_value());
    CPPUNIT_ASSERT(read(active("\"nbf\": 1700000030.9")).has_value());
  }

  void refuses_another_issuer() {
    for (const char* issuer :
         {"https://issuer.example/", "http://issuer.example", "https://ISSUER.example",
          "https://issuer.example:443", "https://issuer.example.evil", "issuer.example", ""}) {
      assert_refused(Reason::kWrongIssuer, active("\"iss\": \"" + std::string(issuer) + "\""));
    }
    for (const char* value : {"null", "1", "true", "[\"https://issuer.example\"]", "{}"}) {
      assert_refused(Reason::kMalformedAnswer, active("\"iss\": " + std::string(value)));
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string("https://issuer.example"),
        std::string(taken(active("\"iss\": \"https://issuer.example\"")).issuer()));
  }

  void refuses_another_audience() {
    for (const char* audience : {"\"other\"", "[\"other\"]", "[]", "\"\"", "[\"\"]", "\"Client\"",
                                 "\"client \"", "[\"clien\", \"clients\"]", "\"123\""}) {
      assert_refused(Reason::kWrongAudience, active("\"aud\": " + std::string(audience)));
    }
    CPPUNIT_ASSERT(read(active("\"aud\": \"client\"")).has_value());
    CPPUNIT_ASSERT(read(active("\"aud\": [\"other\", \"client\"]")).has_value());
  }

  // RFC 7662 §2.2, RFC 7519 §4.1.3.
  void refuses_a_malformed_audience() {
    for (const char* audience : {"null", "1", "true", "{}", "{\"client\": true}", "[1]",
                                 "[\"client\", 1]", "[null, \"client\"]", "[[\"client\"]]"}) {
      assert_refused(Reason::kMalformedAnswer, active("\"aud\": " + std::string(audience)));
    }
  }

  void tells_the_operator_which_audience_was_expected() {
    const auto detail = [](const auth::Expectations& expected) {
      const Result<Claims> claims = read(active("\"aud\": \"other\""), expected);
      CPPUNIT_ASSERT(!claims.has_value());
      return claims.error().detail;
    };
    CPPUNIT_ASSERT(detail(kAnyProject).find("client") != std::string::npos);
    CPPUNIT_ASSERT(detail(kAnyProject).find("ZITADEL_PROJECT_ID") != std::string::npos);
    CPPUNIT_ASSERT(detail(kOneProject).find("123") != std::string::npos);
    CPPUNIT_ASSERT(detail(kOneProject).find("other") == std::string::npos);
  }

  void a_project_counts_as_audience_only_where_one_is_configured() {
    CPPUNIT_ASSERT(read(active("\"aud\": [\"123\"]"), kOneProject).has_value());
    CPPUNIT_ASSERT(read(active("\"aud\": [\"client\"]"), kOneProject).has_value());
    assert_refused(Reason::kWrongAudience, active("\"aud\": [\"124\"]"), kOneProject);
    // An empty configured project is none, and no audience either.
    assert_refused(Reason::kWrongAudience, active("\"aud\": [\"\"]"), kAnyProject);
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
          "urn:zitadel:iam:org:projectroles", "urn:zitadel:iam:user:metadata"}) {
      const std::string claim = "\"" + std::string(name) + "\": {\"admin\": {\"1\": \"d\"}}";
      CPPUNIT_ASSERT_MESSAGE(name, !taken(active(claim)).has_role("admin"));
      CPPUNIT_ASSERT_MESSAGE(name, !taken(active(claim), kOneProject).has_role("admin"));
    }
  }

  void takes_any_projects_roles_where_none_is_configured() {
    const Claims claims =
        taken(active("\"urn:zitadel:iam:org:project:1:roles\": {\"a\": {\"7\": \"d\"}}, "
                     "\"urn:zitadel:iam:org:project:2:roles\": {\"b\": {\"8\": \"d\"}}"));
    CPPUNIT_ASSERT(claims.has_role("a", "7"));
    CPPUNIT_ASSERT(claims.has_role("b", "8"));
  }

  void joins_both_forms_of_the_claim() {
    const Claims claims = taken(
        active("\"urn:zitadel:iam:org:project:roles\": {\"a\": {\"1\": \"d\"}, \"b\": {\"1\": "
               "\"d\"}}, \"urn:zitadel:iam:org:project:123:roles\": {\"a\": {\"1\": \"d\", \"2\": "
               "\"e\"}}"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, claims.roles().size());
    CPPUNIT_ASSERT(claims.has_role("a", "1"));
    CPPUNIT_ASSERT(claims.has_role("a", "2"));
    CPPUNIT_ASSERT(claims.has_role("b", "1"));
    CPPUNIT_ASSERT(!claims.has_role("b", "2"));
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
