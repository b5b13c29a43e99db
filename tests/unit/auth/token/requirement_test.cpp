// SPDX-License-Identifier: Apache-2.0
#include "auth/token/requirement.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using auth::Claims;
using auth::ClaimsBuilder;
using auth::Reason;
using auth::Requirement;

class RequirementTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequirementTest);
  CPPUNIT_TEST(refuses_text_that_requires_nothing);
  CPPUNIT_TEST(refuses_words_that_are_no_condition);
  CPPUNIT_TEST(refuses_commas);
  CPPUNIT_TEST(refuses_conditions_without_a_name);
  CPPUNIT_TEST(refuses_public_or_token_beside_anything_else);
  CPPUNIT_TEST(refuses_or_without_conditions_on_both_sides);
  CPPUNIT_TEST(refuses_two_organisations_in_one_alternative);
  CPPUNIT_TEST(refuses_names_that_no_token_can_carry);
  CPPUNIT_TEST(refuses_a_percent_sign_that_encodes_nothing);
  CPPUNIT_TEST(says_in_a_mistake_what_was_found_and_what_to_write);
  CPPUNIT_TEST(refuses_claims_without_the_role);
  CPPUNIT_TEST(refuses_a_scope_in_place_of_a_role);
  CPPUNIT_TEST(refuses_a_role_in_place_of_a_scope);
  CPPUNIT_TEST(refuses_names_that_are_only_alike);
  CPPUNIT_TEST(refuses_a_role_that_another_organisation_granted);
  CPPUNIT_TEST(refuses_a_user_of_another_organisation);
  CPPUNIT_TEST(refuses_when_one_of_several_conditions_is_missing);
  CPPUNIT_TEST(says_what_the_first_alternative_failed_by);
  CPPUNIT_TEST(lets_in_who_meets_one_alternative);
  CPPUNIT_TEST(lets_any_token_in_where_a_token_is_all);
  CPPUNIT_TEST(tells_public_from_token);
  CPPUNIT_TEST(takes_names_that_hold_colons_and_other_letters);
  CPPUNIT_TEST(decodes_names_and_nothing_else);
  CPPUNIT_TEST(describes_what_a_caller_lacks);
  CPPUNIT_TEST(names_scopes_only_where_they_open_the_door);
  CPPUNIT_TEST(all_of_several_refuse_who_lacks_one);
  CPPUNIT_TEST(all_of_several_let_in_who_meets_each);
  CPPUNIT_TEST(all_of_several_are_public_only_where_each_is);
  CPPUNIT_TEST(describes_what_several_lack_within_bounds);
  CPPUNIT_TEST(names_scopes_of_several_only_where_they_open_each);
  CPPUNIT_TEST_SUITE_END();

  static std::string mistake_in(std::string_view text) {
    const auto parsed = Requirement::parse(text);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !parsed);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !parsed.error().sentence.empty());
    return parsed.error().sentence;
  }

  static Requirement requirement(std::string_view text) {
    auto parsed = Requirement::parse(text);
    CPPUNIT_ASSERT_MESSAGE(parsed ? "" : parsed.error().sentence, parsed.has_value());
    return *std::move(parsed);
  }

  static void refuses(Reason reason, std::string_view text, const Claims& claims) {
    const auto met = requirement(text).check(claims);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !met);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(text), static_cast<int>(reason),
                                 static_cast<int>(met.error().reason));
  }

  static void lets_in(std::string_view text, const Claims& claims) {
    CPPUNIT_ASSERT_MESSAGE(std::string(text), requirement(text).check(claims).has_value());
  }

  void refuses_text_that_requires_nothing() {
    for (const char* text : {"", " ", "\t \t"}) mistake_in(text);
  }

  void refuses_words_that_are_no_condition() {
    for (const char* text : {"read:messages",
                             "roles:a",
                             "Role:a",
                             "ROLE:a",
                             "Public",
                             "TOKEN",
                             "tokens",
                             "anybody",
                             "role",
                             "role=a",
                             ":a",
                             ":",
                             "rolé:a",
                             "role:a,scope:b extra",
                             "role:a and role:b",
                             "role:a OR role:b",
                             "role:a || role:b",
                             "role: a",
                             "role :a",
                             "public:",
                             "token:a"}) {
      mistake_in(text);
    }
  }

  // In ZITADEL a role's key with a comma becomes two roles.
  void refuses_commas() {
    for (const char* text : {"role:a,role:b", "role:a, role:b", "role:a ,role:b", "role:a , role:b",
                             "role:a,", "scope:a,b", "org:1,2", "role:,", ",", "public,",
                             "token, role:a", "role:a or role:b, scope:c"}) {
      const std::string mistake = mistake_in(text);
      CPPUNIT_ASSERT_MESSAGE(mistake, mistake.find("holds a comma") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(mistake, mistake.find("\"or\" between") != std::string::npos);
    }
  }

  void refuses_conditions_without_a_name() {
    for (const char* text : {"role:", "scope:", "org:", "role:a role:", "role: or scope:a"}) {
      mistake_in(text);
    }
  }

  // "role:admin or public" opens a door that somebody meant to close.
  void refuses_public_or_token_beside_anything_else() {
    for (const char* text : {"public token", "public public", "token token", "token or public",
                             "role:admin or public", "public or role:admin", "role:admin public",
                             "token role:admin", "role:admin or token", "token or role:admin"}) {
      mistake_in(text);
    }
  }

  void refuses_or_without_conditions_on_both_sides() {
    for (const char* text : {"or", "or role:a", "role:a or", "role:a or or role:b", "or or"}) {
      mistake_in(text);
    }
  }

  void refuses_two_organisations_in_one_alternative() {
    mistake_in("org:1 org:2");
    mistake_in("role:a org:1 org:1");
    mistake_in("role:a or org:1 org:2");
    requirement("org:1 or org:2");
  }

  void refuses_names_that_no_token_can_carry() {
    for (const char* text :
         {"role:a\x01", "role:a\nb", "org:1\x7f", "scope:a\"b", "scope:a\\b", "scope:\xc3\xa4",
          "scope:a\x1f", "scope:a%20b", "scope:%22", "scope:%C3%A4", "role:%00", "role:a%00",
          "role:%FC", "role:\xfc", "org:%C3", "role:%ED%A0%80"}) {
      mistake_in(text);
    }
    mistake_in(std::string_view("role:a\0b", 8));
  }

  void refuses_a_percent_sign_that_encodes_nothing() {
    for (const char* text : {"role:%", "role:a%", "role:100%", "role:%2", "role:%2g", "role:%g2",
                             "role:% 20", "role:%%", "role:%+1", "role:%-1", "role:%0x", "scope:%",
                             "org:%", "role:a or role:%", "role:a%2 GET"}) {
      const std::string mistake = mistake_in(text);
      CPPUNIT_ASSERT_MESSAGE(mistake,
                             mistake.find("the character itself is %25") != std::string::npos);
    }
  }

  void says_in_a_mistake_what_was_found_and_what_to_write() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "\"rolle:a\" is not a condition: write public, token, or conditions such as "
            "role:NAME, scope:NAME, org:ID, net:192.0.2.0/24, with \"or\" between alternatives, "
            "and %20 for a blank in a name"),
        mistake_in("role:b or rolle:a"));
  }

  void refuses_claims_without_the_role() {
    refuses(Reason::kRoleMissing, "role:a", Claims());
    refuses(Reason::kRoleMissing, "role:a", ClaimsBuilder().role("b", {"1"}).build());
  }

  // A scope is what a client asked for, not what it was granted.
  void refuses_a_scope_in_place_of_a_role() {
    const Claims claims = ClaimsBuilder().scopes("openid read:messages").build();
    refuses(Reason::kRoleMissing, "role:read:messages", claims);
  }

  void refuses_a_role_in_place_of_a_scope() {
    const Claims claims = ClaimsBuilder().role("read:messages", {"1"}).build();
    refuses(Reason::kScopeMissing, "scope:read:messages", claims);
  }

  void refuses_names_that_are_only_alike() {
    const Claims claims =
        ClaimsBuilder().role("read:messages", {"12"}).scopes("profile").organisation("34").build();
    for (const char* text : {"role:read", "role:messages", "role:Read:messages",
                             "role:read:message", "role:read:messages2"}) {
      refuses(Reason::kRoleMissing, text, claims);
    }
    for (const char* text : {"scope:prof", "scope:profiles", "scope:PROFILE"}) {
      refuses(Reason::kScopeMissing, text, claims);
    }
    for (const char* text : {"org:3", "org:345", "role:read:messages org:1"}) {
      refuses(Reason::kWrongOrganisation, text, claims);
    }
  }

  void refuses_a_role_that_another_organisation_granted() {
    const Claims claims =
        ClaimsBuilder().role("a", {"1"}).role("b", {"2"}).organisation("2").build();
    refuses(Reason::kWrongOrganisation, "role:a org:2", claims);
    refuses(Reason::kWrongOrganisation, "role:a role:b org:2", claims);
    refuses(Reason::kWrongOrganisation, "role:a org:2", ClaimsBuilder().role("a", {}).build());
  }

  void refuses_a_user_of_another_organisation() {
    refuses(Reason::kWrongOrganisation, "org:1", Claims());
    refuses(Reason::kWrongOrganisation, "org:1", ClaimsBuilder().organisation("2").build());
    // Having been granted a role by an organisation is not belonging to it.
    refuses(Reason::kWrongOrganisation, "org:1", ClaimsBuilder().role("a", {"1"}).build());
  }

  void refuses_when_one_of_several_conditions_is_missing() {
    const Claims claims = ClaimsBuilder().role("a", {"1"}).scopes("s").organisation("1").build();
    refuses(Reason::kRoleMissing, "role:a role:b", claims);
    refuses(Reason::kRoleMissing, "role:b role:a", claims);
    refuses(Reason::kScopeMissing, "scope:s scope:t", claims);
    refuses(Reason::kScopeMissing, "role:a scope:t org:1", claims);
    refuses(Reason::kRoleMissing, "scope:s role:b", claims);
    lets_in("role:a scope:s org:1", claims);
  }

  void says_what_the_first_alternative_failed_by() {
    const Claims claims = ClaimsBuilder().role("c", {"1"}).build();
    refuses(Reason::kRoleMissing, "role:a or scope:b or role:c org:2", claims);
    refuses(Reason::kScopeMissing, "scope:b or role:a", claims);
    refuses(Reason::kWrongOrganisation, "role:c org:2 or scope:b", claims);
    const auto met = requirement("role:a or scope:b").check(claims);
    CPPUNIT_ASSERT(!met);
    CPPUNIT_ASSERT_EQUAL(std::string("needs the role a or the scope b"), met.error().detail);
  }

  void lets_in_who_meets_one_alternative() {
    const Claims claims =
        ClaimsBuilder().role("a", {"1", "2"}).scopes("s t").organisation("3").build();
    for (const char* text :
         {"role:a", "role:a org:1", "role:a org:2", "org:2 role:a", "scope:t", "org:3",
          "scope:s scope:t", "org:3 scope:s", "role:b or role:a", "role:a or role:b",
          "role:b or scope:x or org:3", "  role:a\torg:2  or\trole:b "}) {
      lets_in(text, claims);
    }
  }

  void lets_any_token_in_where_a_token_is_all() {
    lets_in("token", Claims());
    lets_in(" token ", Claims());
    CPPUNIT_ASSERT(Requirement().check(Claims()).has_value());
  }

  void tells_public_from_token() {
    CPPUNIT_ASSERT(requirement("public").is_public());
    for (const char* text : {"token", "role:public", "scope:public", "org:public"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !requirement(text).is_public());
    }
    CPPUNIT_ASSERT(!Requirement().is_public());
  }

  void takes_names_that_hold_colons_and_other_letters() {
    lets_in("role:urn:a:b", ClaimsBuilder().role("urn:a:b", {}).build());
    lets_in("role::", ClaimsBuilder().role(":", {}).build());
    lets_in("role:or", ClaimsBuilder().role("or", {}).build());
    lets_in("role:gr\xc3\xbc\xc3\x9f", ClaimsBuilder().role("gr\xc3\xbc\xc3\x9f", {}).build());
    lets_in("scope:urn:zitadel:iam:org:project:id:1:aud",
            ClaimsBuilder().scopes("urn:zitadel:iam:org:project:id:1:aud").build());
  }

  void decodes_names_and_nothing_else() {
    lets_in("role:a%20b", ClaimsBuilder().role("a b", {}).build());
    lets_in("role:%20", ClaimsBuilder().role(" ", {}).build());
    lets_in("role:per%25cent", ClaimsBuilder().role("per%cent", {}).build());
    lets_in("role:%2525", ClaimsBuilder().role("%25", {}).build());
    lets_in("role:tab%09here", ClaimsBuilder().role("tab\there", {}).build());
    lets_in("role:%c3%BC", ClaimsBuilder().role("\xc3\xbc", {}).build());
    lets_in("role:%61%3Ab", ClaimsBuilder().role("a:b", {}).build());
    lets_in("role:a+b", ClaimsBuilder().role("a+b", {}).build());
    lets_in("role:a%20or%20b", ClaimsBuilder().role("a or b", {}).build());
    lets_in("scope:a%25", ClaimsBuilder().scopes("a%").build());
    lets_in("role:a%20b org:%31", ClaimsBuilder().role("a b", {"1"}).build());
    refuses(Reason::kRoleMissing, "role:a%20b", ClaimsBuilder().role("a%20b", {}).build());
    refuses(Reason::kRoleMissing, "role:a%20b",
            ClaimsBuilder().role("a", {}).role("b", {}).build());
    refuses(Reason::kRoleMissing, "role:a+b", ClaimsBuilder().role("a b", {}).build());
    for (const char* text : {"%72ole:a", "role%3Aa", "%74oken", "public%20"}) mistake_in(text);
  }

  void describes_what_a_caller_lacks() {
    const auto described = [](std::string_view text) { return requirement(text).describe(); };
    CPPUNIT_ASSERT_EQUAL(std::string("the role read:messages"), described("role:read:messages"));
    CPPUNIT_ASSERT_EQUAL(std::string("the scope a or the role b"), described("scope:a or role:b"));
    CPPUNIT_ASSERT_EQUAL(std::string("the role a and the role b granted by the organisation 1"),
                         described("role:a org:1 role:b"));
    CPPUNIT_ASSERT_EQUAL(std::string("membership in the organisation 1 and the scope s"),
                         described("scope:s org:1"));
    CPPUNIT_ASSERT_EQUAL(std::string("the role a%20b and the role %25 granted by the organisation "
                                     "1%09"),
                         described("role:a%20b role:%25 org:1%09"));
    CPPUNIT_ASSERT_EQUAL(std::string("a valid access token"), described("token"));
    CPPUNIT_ASSERT_EQUAL(std::string("nothing"), described("public"));
  }

  void names_scopes_only_where_they_open_the_door() {
    for (const char* text : {"public", "token", "role:a", "org:1", "role:a scope:b",
                             "scope:b org:1", "role:a or role:b scope:c"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string(), requirement(text).scopes());
    }
    CPPUNIT_ASSERT_EQUAL(std::string("a"), requirement("scope:a").scopes());
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), requirement("scope:a scope:b").scopes());
    CPPUNIT_ASSERT_EQUAL(std::string("b"), requirement("role:a or scope:b or scope:c").scopes());
  }

  // These live as long as the test.
  const Requirement* kept(std::string_view text) {
    kept_.push_back(std::make_unique<Requirement>(requirement(text)));
    return kept_.back().get();
  }

  Requirement all_of(const std::vector<std::string_view>& texts) {
    std::vector<const Requirement*> parts;
    for (const std::string_view text : texts) parts.push_back(kept(text));
    return Requirement::all_of(parts);
  }

  static int reason(const Requirement& all, const Claims& claims) {
    const auto met = all.check(claims);
    CPPUNIT_ASSERT(!met);
    return static_cast<int>(met.error().reason);
  }

  void all_of_several_refuse_who_lacks_one() {
    const Claims a = ClaimsBuilder().role("a", {"1"}).scopes("s").build();
    const int role = static_cast<int>(Reason::kRoleMissing);
    CPPUNIT_ASSERT_EQUAL(role, reason(all_of({"role:a", "role:b"}), a));
    CPPUNIT_ASSERT_EQUAL(role, reason(all_of({"role:b", "role:a"}), a));
    CPPUNIT_ASSERT_EQUAL(role, reason(all_of({"token", "role:b or role:c"}), a));
    CPPUNIT_ASSERT_EQUAL(role, reason(all_of({"public", "role:b"}), a));
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(Reason::kScopeMissing),
                         reason(all_of({"role:a", "scope:s", "scope:t or role:b"}), a));
    const Requirement inner = all_of({"role:a", "role:b"});
    CPPUNIT_ASSERT_EQUAL(role, reason(Requirement::all_of({kept("scope:s"), &inner}), a));
  }

  void all_of_several_let_in_who_meets_each() {
    const Claims a = ClaimsBuilder().role("a", {"1"}).scopes("s").build();
    CPPUNIT_ASSERT(all_of({"role:a", "scope:s"}).check(a).has_value());
    CPPUNIT_ASSERT(all_of({"token", "role:a", "public", "role:b or scope:s"}).check(a).has_value());
    CPPUNIT_ASSERT(all_of({"token", "public"}).check(Claims()).has_value());
  }

  void all_of_several_are_public_only_where_each_is() {
    CPPUNIT_ASSERT(all_of({"public", "public"}).is_public());
    CPPUNIT_ASSERT(!all_of({"public", "token"}).is_public());
    CPPUNIT_ASSERT(!all_of({"role:a", "public"}).is_public());
    CPPUNIT_ASSERT(!all_of({}).is_public());
  }

  void describes_what_several_lack_within_bounds() {
    CPPUNIT_ASSERT_EQUAL(std::string("the role a, and the scope b or the role c"),
                         all_of({"role:a", "token", "public", "scope:b or role:c"}).describe());
    CPPUNIT_ASSERT_EQUAL(std::string("a valid access token"),
                         all_of({"token", "public"}).describe());
    const auto met = all_of({"role:a", "role:b"}).check(ClaimsBuilder().role("a", {}).build());
    CPPUNIT_ASSERT_EQUAL(std::string("needs the role b"), met.error().detail);
    std::vector<std::string> texts;
    for (int i = 0; i < 100; ++i)
      texts.push_back("role:" + std::to_string(i) + std::string(50, 'x'));
    const std::string described =
        all_of(std::vector<std::string_view>(texts.begin(), texts.end())).describe();
    CPPUNIT_ASSERT(described.starts_with("the role 0x") && described.ends_with(", and more"));
    CPPUNIT_ASSERT(described.size() < auth::kMaxDescribedBytes + 50);
  }

  void names_scopes_of_several_only_where_they_open_each() {
    CPPUNIT_ASSERT_EQUAL(std::string("a b c"),
                         all_of({"scope:a", "public", "scope:b scope:c"}).scopes());
    CPPUNIT_ASSERT_EQUAL(std::string(), all_of({"scope:a", "role:b"}).scopes());
    CPPUNIT_ASSERT_EQUAL(std::string(), all_of({"token", "public"}).scopes());
    const std::string longest = "scope:" + std::string(auth::kMaxDescribedBytes - 10, 'x');
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         all_of({longest, "scope:" + std::string(20, 'y')}).scopes());
  }

  std::vector<std::unique_ptr<Requirement>> kept_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequirementTest);

}  // namespace
