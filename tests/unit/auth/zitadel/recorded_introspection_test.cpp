// SPDX-License-Identifier: Apache-2.0
// What a real ZITADEL answered at its introspection endpoint.
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/jose/jwt.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/introspection.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/recorded.h"
#include "tests/unit/support/scripted_authentication.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::Claims;
using auth::Expectations;
using auth::Reason;
using auth::Result;
using support::Recorded;

const std::string kNoRole;
const std::string kReader = "read:messages";
const std::string kInactive{auth::describe(Reason::kInactive)};
const std::string kCredentials{auth::describe(Reason::kClientAuthenticationRefused)};
const std::string kRequest{auth::describe(Reason::kOurRequestRefused)};
const std::string kStatus{auth::describe(Reason::kUnexpectedStatus)};

// The roles of an active token, or the reason.
const std::map<std::string, std::string> kAnswers = {
    {"introspection/answer-hint", kReader},
    {"introspection/answer-jwt", kReader},
    {"introspection/answer-jwt-forged", kInactive},
    {"introspection/answer-jwt-no-aud", kInactive},
    {"introspection/answer-jwt-no-roles-scope", kReader},
    {"introspection/answer-made-up", kInactive},
    {"introspection/answer-no-aud", kInactive},
    {"introspection/answer-no-openid", kReader},
    {"introspection/answer-no-scope", kInactive},
    {"introspection/answer-norole", kNoRole},
    {"introspection/answer-opaque", kReader},
    {"introspection/answer-opaque-changed", kReader},
    {"introspection/answer-other-project", kInactive},
    {"introspection/answer-own-key", kReader},
    {"introspection/answer-pat-admin", kNoRole},
    {"introspection/answer-pat-forever", kReader},
    {"introspection/answer-pat-norole-user", kNoRole},
    {"introspection/answer-pat-opaque-user", kReader},
    {"introspection/answer-profile", kReader},
    {"introspection/answer-role-scope", kReader},
    {"introspection/answer-role-scope-other", kReader},
    {"introspection/answer-roles-scope", kReader},
    {"introspection/answer-two-projects-both-jwt-user", kReader},
    {"introspection/answer-two-projects-both-norole-user", kNoRole},
    {"introspection/answer-two-projects-both-roles-jwt-user", kReader},
    {"introspection/answer-two-projects-both-roles-norole-user", kNoRole},
    {"introspection/answer-unknown-scope", kReader},
    {"introspection/basic", kReader},
    {"introspection/basic-for-a-key-application", kCredentials},
    {"introspection/basic-wrong", kCredentials},
    {"introspection/client-app-deactivated", kCredentials},
    {"introspection/client-aud-endpoint", kCredentials},
    {"introspection/client-aud-slash", kCredentials},
    {"introspection/client-expired", kCredentials},
    {"introspection/client-garbage", kInactive},
    {"introspection/client-iat+1", kReader},
    {"introspection/client-iat+2", kCredentials},
    {"introspection/client-iat+5", kCredentials},
    {"introspection/client-iat-3500", kReader},
    {"introspection/client-iat-3700", kCredentials},
    {"introspection/client-key-removed", kCredentials},
    {"introspection/client-life-2h", kReader},
    {"introspection/client-no-kid", kCredentials},
    {"introspection/client-none", kRequest},
    {"introspection/client-project-deactivated", kCredentials},
    {"introspection/client-service-user-key", kCredentials},
    {"introspection/client-switched-to-basic", kInactive},
    {"introspection/client-unknown-id", kCredentials},
    {"introspection/client-unknown-kid", kCredentials},
    {"introspection/get", kRequest},
    {"introspection/token-empty", kRequest},
    {"outage/database-down-made-up", kStatus},
    {"outage/database-down-pat", kStatus},
    {"outage/database-down-token", kStatus},
    {"outage/table-away-apps7", kInactive},
    {"outage/table-away-authn_keys2", kInactive},
    {"outage/table-away-events2", kInactive},
    {"outage/table-away-instances", kStatus},
    {"outage/table-away-pat-apps7", kInactive},
    {"outage/table-away-pat-authn_keys2", kInactive},
    {"outage/table-away-pat-events2", kInactive},
    {"outage/table-away-pat-instances", kStatus},
    {"outage/table-away-pat-user_grants5", kInactive},
    {"outage/table-away-pat-users14", kInactive},
    {"outage/table-away-user_grants5", kInactive},
    {"outage/table-away-users14", kInactive},
    {"people/actions-functions/fail-no-execution", kReader},
    {"people/actions-functions/fail-restCall-timeout-1-s-takes-3-s-interrupt-False", kReader},
    {"people/actions-functions/fail-restCall-timeout-1-s-takes-3-s-interrupt-True", kInactive},
    {"people/actions-functions/fail-restWebhook-interruptOnError-False-200-empty", kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-False-200-not-JSON", kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-False-500", kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-False-forwardedStatusCode-403",
     kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-False-good", kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-False-takes-3-s", kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-True-200-empty", kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-True-200-not-JSON", kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-True-500", kInactive},
    {"people/actions-functions/fail-restWebhook-interruptOnError-True-forwardedStatusCode-403",
     kInactive},
    {"people/actions-functions/fail-restWebhook-interruptOnError-True-good", kReader},
    {"people/actions-functions/fail-restWebhook-interruptOnError-True-takes-3-s", kReader},
    {"people/client-credentials/cc-jwt-aud", kReader},
    {"people/client-credentials/cc-jwt-aud-id", kInactive},
    {"people/client-credentials/cc-jwt-aud-roles", kReader},
    {"people/client-credentials/cc-jwt-aud-roles-id", kInactive},
    {"people/client-credentials/cc-jwt-none", kInactive},
    {"people/client-credentials/cc-jwt-none-id", kInactive},
    {"people/client-credentials/cc-jwt-noopenid", kReader},
    {"people/client-credentials/cc-opaque-aud", kReader},
    {"people/client-credentials/cc-opaque-aud-id", kInactive},
    {"people/client-credentials/cc-opaque-aud-roles", kReader},
    {"people/client-credentials/cc-opaque-aud-roles-id", kInactive},
    {"people/client-credentials/cc-opaque-none", kInactive},
    {"people/client-credentials/cc-opaque-none-id", kInactive},
    {"people/client-credentials/cc-opaque-noopenid", kReader},
    {"people/client-credentials/introspect-with-machine-secret", kCredentials},
    {"people/device/device-access", kReader},
    {"people/device/device-access-unknown-scopes", kReader},
    {"people/exchange/b-exchange-access-to-access", kReader},
    {"people/exchange/b-exchange-access-to-id", kInactive},
    {"people/exchange/b-exchange-access-to-jwt", kReader},
    {"people/exchange/b-exchange-audience", kReader},
    {"people/exchange/b-exchange-id-with-roles", kInactive},
    {"people/exchange/b-exchange-id-with-roles-noassert", kInactive},
    {"people/exchange/b-exchange-impersonate-access-token", kReader},
    {"people/exchange/b-exchange-impersonate-userid", kReader},
    {"people/exchange/b-exchange-impersonate-userid-id", kInactive},
    {"people/exchange/b-exchange-impersonate-userid-jwt", kReader},
    {"people/exchange/b-exchange-jwt-app", kReader},
    {"people/exchange/b-exchange-jwt-app-id", kInactive},
    {"people/exchange/b-exchange-jwt-with-roles", kReader},
    {"people/exchange/b-exchange-narrow", kReader},
    {"people/exchange/exchange-id-project-a", kInactive},
    {"people/introspection/access-jwt", kReader},
    {"people/introspection/access-jwt-no-openid", kReader},
    {"people/introspection/access-jwt-noaud", kReader},
    {"people/introspection/access-jwt-roles", kReader},
    {"people/introspection/access-opaque", kReader},
    {"people/introspection/access-opaque-noaud", kReader},
    {"people/introspection/access-opaque-openid-only", kReader},
    {"people/introspection/app-a-aud-b", kReader},
    {"people/introspection/foreign-project", kInactive},
    {"people/introspection/jwt-roles-after-logout", kInactive},
    {"people/introspection/jwt-roles-after-refresh-revoke", kInactive},
    {"people/introspection/jwt-roles-after-revoke", kInactive},
    {"people/introspection/jwt-roles-new-after-refresh", kReader},
    {"people/introspection/jwt-roles-old-after-refresh", kInactive},
    {"people/introspection/jwt-roles-refreshed-after-logout", kReader},
    {"people/introspection/locale-null", "101 roles"},
    {"people/introspection/login-v2-access", kReader},
    {"people/introspection/odd-scopes", "101 roles"},
    {"people/introspection/opaque-after-logout", kInactive},
    {"people/introspection/opaque-after-refresh-revoke", kInactive},
    {"people/introspection/opaque-after-revoke", kInactive},
    {"people/introspection/opaque-new-after-refresh", kReader},
    {"people/introspection/opaque-old-after-refresh", kInactive},
    {"people/introspection/opaque-refreshed-after-logout", kReader},
    {"people/names/b-odd-jwt", kReader},
    {"people/names/b-odd-opaque", kReader},
    {"people/organisations/b-alice-org-scope", kReader},
    {"people/organisations/b-alice-roles-of-org2-only", kReader},
    {"people/organisations/b-alice-two-orgs", kReader},
    {"people/organisations/b-bob-granted", kReader},
    {"people/organisations/b-bob-granted-jwt", kReader},
    {"people/organisations/b-bob-machine", kReader},
    {"people/organisations/b-bob-no-project-grant", kNoRole},
    {"people/organisations/b-bob-org-id-scope", kReader},
    {"people/roles/many-300", "301 roles"},
    {"people/roles/odd-blanks", "lead|trail"},
    {"people/roles/odd-comma", "a|b"},
    {"people/roles/odd-control", "new\nline|per%cent|sl/ash|tab\there"},
    {"people/roles/odd-mixed",
     "Prüfer|a|b|emoji😀|new\nline|per%cent|read:messages|tab\there|with space"},
    {"people/roles/odd-null", ""},
    {"people/roles/odd-trailing-blank", kReader},
    {"people/roles/odd-unicode-space", "Prüfer|emoji😀|with space"},
    {"people/roles/odd-words", "<b>|é|or|public|role:nested:deep|semi;colon|é|​zero"},
};

class RecordedIntrospectionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecordedIntrospectionTest);
  CPPUNIT_TEST(every_answer_is_what_its_name_says_with_the_guides_settings);
  CPPUNIT_TEST(every_answer_is_the_same_with_the_project_id_set);
  CPPUNIT_TEST(another_project_gets_nothing_of_an_active_token);
  CPPUNIT_TEST(another_issuer_is_refused);
  CPPUNIT_TEST(tells_which_organisations_granted_a_role);
  CPPUNIT_TEST(tells_the_users_own_organisation);
  CPPUNIT_TEST(keeps_a_role_without_a_name);
  CPPUNIT_TEST(a_personal_access_token_has_no_client_and_may_have_no_end);
  CPPUNIT_TEST(an_impersonated_token_is_the_users);
  CPPUNIT_TEST(hands_on_what_is_no_text_and_nothing_of_what_is_null);
  CPPUNIT_TEST_SUITE_END();

  // The API that asked, by its assertion.
  static const support::RecordedApi& api_of(const Recorded& exchange) {
    const std::string payload =
        auth::jose::unverified_payload(exchange.sent("client_assertion")).value_or("");
    const bool is_second = payload.find(support::kSecondApi.client_id) != std::string::npos;
    return is_second ? support::kSecondApi : support::kFirstApi;
  }

  static Expectations by_guide(const Recorded& exchange) {
    return {support::kRecordedIssuer, api_of(exchange).client_id};
  }

  static Expectations with_project(const Recorded& exchange) {
    return {support::kRecordedIssuer, api_of(exchange).client_id, api_of(exchange).project_id};
  }

  static Result<Claims> read(const Recorded& exchange, const Expectations& expected) {
    support::ManualClock clock;
    clock.advance(*exchange.response.date - clock.wall());
    support::ScriptedHttpClient http;
    support::ScriptedAuthentication authentication;
    auth::Discovery discovery(expected.issuer, true, http, clock);
    auth::WorkerPool workers(0);  // whoever answers works
    auth::Introspection introspection("", expected, discovery, authentication, http, workers,
                                      clock);
    std::vector<Result<Claims>> outcomes;
    const auth::Secret token("token");
    introspection.ask(token,
                      [&](Result<Claims> outcome) { outcomes.push_back(std::move(outcome)); });
    http.answer(support::recorded("discovery/discovery").response);
    while (http.waiting() > 0) http.answer(exchange.response);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(exchange.name, std::size_t{1}, outcomes.size());
    return outcomes.front();
  }

  static Claims claims_of(const char* name, std::vector<std::string> extras = {}) {
    const Recorded& exchange = support::recorded(name);
    Expectations expected = by_guide(exchange);
    expected.extra_claims = std::move(extras);
    const Result<Claims> claims = read(exchange, expected);
    CPPUNIT_ASSERT_MESSAGE(name, claims.has_value());
    return *claims;
  }

  template <typename Expect>
  static void check_all(Expect expected) {
    std::map<std::string, std::string> verdicts;
    for (const Recorded& each : support::recorded_at({"/oauth/v2/introspect"})) {
      verdicts[each.name] = support::verdict_of(read(each, expected(each)));
    }
    support::assert_verdicts(kAnswers, verdicts);
  }

  void every_answer_is_what_its_name_says_with_the_guides_settings() { check_all(by_guide); }

  void every_answer_is_the_same_with_the_project_id_set() { check_all(with_project); }

  // Calls back for each answer that says active.
  template <typename Visit>
  static void for_each_active(Visit visit) {
    int seen = 0;
    for (const Recorded& each : support::recorded_at({"/oauth/v2/introspect"})) {
      if (each.body && each.body->text_of("error")) continue;
      if (!each.body || each.body->member("active")->boolean() != true) continue;
      visit(each);
      ++seen;
    }
    CPPUNIT_ASSERT(seen > 60);
  }

  void another_project_gets_nothing_of_an_active_token() {
    for_each_active([](const Recorded& each) {
      const Result<Claims> claims =
          read(each, {support::kRecordedIssuer, "401506971397721127", "401506971330546727"});
      CPPUNIT_ASSERT_MESSAGE(each.name, !claims);
      CPPUNIT_ASSERT_MESSAGE(each.name, claims.error().reason == Reason::kWrongAudience);
    });
  }

  void another_issuer_is_refused() {
    for_each_active([](const Recorded& each) {
      const Result<Claims> claims = auth::parse_introspection(
          each.response.body, {"http://127.0.0.1:18080", "1"}, *each.response.date);
      CPPUNIT_ASSERT_MESSAGE(each.name, claims.error().reason == Reason::kWrongIssuer);
    });
  }

  void tells_which_organisations_granted_a_role() {
    const std::string first = "401504763683867686";
    const std::string second = "401507530984918054";
    const Claims both = claims_of("people/organisations/b-alice-two-orgs");
    CPPUNIT_ASSERT(both.has_role(kReader, first) && both.has_role(kReader, second));
    const Claims one = claims_of("people/organisations/b-alice-roles-of-org2-only");
    CPPUNIT_ASSERT(!one.has_role(kReader, first) && one.has_role(kReader, second));
    CPPUNIT_ASSERT(!one.has_role(kReader, "tenant-zwei.localhost"));
  }

  void tells_the_users_own_organisation() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("401507530984918054"),
        std::string(claims_of("people/organisations/b-bob-granted").organisation()));
    CPPUNIT_ASSERT(claims_of("people/organisations/b-alice-org-scope").organisation().empty());
  }

  // A role key of "null" comes so.
  void keeps_a_role_without_a_name() {
    const Claims claims = claims_of("people/roles/odd-null");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, claims.roles().size());
    CPPUNIT_ASSERT(claims.has_role("") && !claims.has_role("null"));
  }

  void a_personal_access_token_has_no_client_and_may_have_no_end() {
    const Claims claims = claims_of("introspection/answer-pat-forever");
    CPPUNIT_ASSERT(claims.client_id().empty());
    CPPUNIT_ASSERT(claims.expiry() == auth::WallTime(std::chrono::seconds(253402300799)));
    CPPUNIT_ASSERT_EQUAL(std::string("opaque-user"), std::string(claims.username()));
    CPPUNIT_ASSERT_EQUAL(std::string("opaque-user"),
                         std::string(claims_of("introspection/answer-opaque").client_id()));
  }

  void an_impersonated_token_is_the_users() {
    const Claims claims = claims_of("people/exchange/b-exchange-impersonate-access-token", {"act"});
    CPPUNIT_ASSERT_EQUAL(std::string("401506861490113574"), std::string(claims.subject()));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"iss":"http://localhost:18080","sub":"401507413041089574"})"),
        std::string(claims.extra("act")));
  }

  void hands_on_what_is_no_text_and_nothing_of_what_is_null() {
    const Claims claims = claims_of("people/introspection/locale-null", {"locale", "email", "amr"});
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(claims.extra("locale")));
    CPPUNIT_ASSERT_EQUAL(std::string("dora@example.org"), std::string(claims.extra("email")));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(["pwd"])"), std::string(claims.extra("amr")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RecordedIntrospectionTest);

}  // namespace
