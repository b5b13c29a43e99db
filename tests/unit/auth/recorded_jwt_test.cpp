// SPDX-License-Identifier: Apache-2.0
// JWTs of a real ZITADEL, judged here with the key set of their time.
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "auth/jose/jwt.h"
#include "auth/local_validation.h"
#include "auth/settings/settings.h"
#include "auth/zitadel/discovery.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/recorded.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::Claims;
using auth::Json;
using auth::Reason;
using auth::Result;
using auth::Validation;
using auth::WallTime;
using support::Recorded;

const std::string kNoRole;
const std::string kReader = "read:messages";
const std::string kNoAccessToken{auth::describe(Reason::kNotAnAccessToken)};
const std::string kElsewhere{auth::describe(Reason::kWrongAudience)};
const std::string kOpaque = "opaque: ZITADEL is asked";
const std::string kNone = "no token";
const std::string kRefused{auth::describe(Reason::kUnexpectedStatus)};
const std::string kFailed{auth::describe(Reason::kServerError)};

// Files that hold a token alone: what it is, or its roles.
const std::map<std::string, std::string> kTokens = {
    {"people/jwt/access-jwt", kNoRole},
    {"people/jwt/access-jwt-no-openid", kNoRole},
    {"people/jwt/access-jwt-noaud", kNoRole},
    {"people/jwt/access-jwt-roles", kNoRole},
    {"people/jwt/action-access", kReader},
    {"people/jwt/b-access-assert-idroles", kNoRole},
    {"people/jwt/b-access-assert-iduserinfo", kNoRole},
    {"people/jwt/b-access-assert-jwt", kNoRole},
    {"people/jwt/b-access-assert-jwt-rolescope", kNoRole},
    {"people/jwt/b-access-assert-jwt-rolesscope", kNoRole},
    {"people/jwt/b-access-assert-jwt-rolesscope-aud", kNoRole},
    {"people/jwt/b-access-assert-roles", kReader},
    {"people/jwt/b-access-assert-roles-rolescope", kReader},
    {"people/jwt/b-access-assert-roles-rolesscope", kReader},
    {"people/jwt/b-access-assert-roles-rolesscope-aud", kReader},
    {"people/jwt/b-access-noassert-idroles", kNoRole},
    {"people/jwt/b-access-noassert-iduserinfo", kNoRole},
    {"people/jwt/b-access-noassert-jwt", kNoRole},
    {"people/jwt/b-access-noassert-jwt-rolescope", kNoRole},
    {"people/jwt/b-access-noassert-jwt-rolesscope", kNoRole},
    {"people/jwt/b-access-noassert-jwt-rolesscope-aud", kNoRole},
    {"people/jwt/b-access-noassert-roles", kNoRole},
    {"people/jwt/b-access-noassert-roles-rolescope", kReader},
    {"people/jwt/b-access-noassert-roles-rolesscope", kNoRole},
    {"people/jwt/b-access-noassert-roles-rolesscope-aud", kReader},
    {"people/jwt/b-id-assert-jwt", kNoAccessToken},
    {"people/jwt/b-id-assert-jwt-rolesscope", kNoAccessToken},
    {"people/jwt/b-id-assert-jwt-rolesscope-aud", kNoAccessToken},
    {"people/jwt/b-id-noassert-jwt", kNoAccessToken},
    {"people/jwt/device-id", kNoAccessToken},
    {"people/jwt/device-id-2", kNoAccessToken},
    {"people/jwt/exchange-access-to-id", kNoAccessToken},
    {"people/jwt/exchange-id-access-to-access", kNoAccessToken},
    {"people/jwt/exchange-id-access-to-jwt", kNoAccessToken},
    {"people/jwt/exchange-id-audience", kNoAccessToken},
    {"people/jwt/exchange-id-impersonate-access-token", kNoAccessToken},
    {"people/jwt/exchange-id-impersonate-userid", kNoAccessToken},
    {"people/jwt/exchange-id-impersonate-userid-jwt", kNoAccessToken},
    {"people/jwt/exchange-id-jwt-app", kNoAccessToken},
    {"people/jwt/exchange-id-jwt-with-roles", kNoAccessToken},
    {"people/jwt/exchange-id-narrow", kNoAccessToken},
    {"people/jwt/exchange-id-project-a", kNoAccessToken},
    {"people/jwt/exchange-id-with-roles", kNoAccessToken},
    {"people/jwt/exchange-id-with-roles-noassert", kNoAccessToken},
    {"people/jwt/exchange-impersonate-userid-id", kNoAccessToken},
    {"people/jwt/exchange-impersonate-userid-jwt", kReader},
    {"people/jwt/login-v2-id", kNoAccessToken},
    {"people/jwt/logout-token", kNoAccessToken},
    {"people/jwt/odd-roles-mixed",
     "Prüfer|a|b|emoji😀|new\nline|per%cent|read:messages|tab\there|with space"},
    {"people/jwt/roles-of-two-projects", kReader},
    {"people/jwt/roles-of-two-projects-both", kReader},
    {"people/roles/jwt-20-roles", kNoRole},
};

// Answers of the token endpoint: the access token, the ID token. What came as access token by token
// exchange may be an ID token.
const std::map<std::string, std::pair<std::string, std::string>> kGrants = {
    {"administrators/admin-key-token-with-audience", {kOpaque, kNoAccessToken}},
    {"administrators/admin-key-token-without-audience", {kOpaque, kNoAccessToken}},
    {"algorithms/jwt-ES256", {kReader, kNoAccessToken}},
    {"algorithms/jwt-ES384", {kReader, kNoAccessToken}},
    {"algorithms/jwt-ES512", {kReader, kNoAccessToken}},
    {"algorithms/jwt-EdDSA", {kReader, kNoAccessToken}},
    {"algorithms/jwt-RS256", {kReader, kNoAccessToken}},
    {"algorithms/jwt-RS512", {kReader, kNoAccessToken}},
    {"algorithms/jwt-role-in-another-project", {kNoRole, kNoAccessToken}},
    {"outage/database-down-grant", {kRefused, kNone}},
    {"people/client-credentials/removed-secret", {kRefused, kNone}},
    {"people/client-credentials/secret-in-body", {kOpaque, kNoAccessToken}},
    {"people/client-credentials/wrong-secret", {kRefused, kNone}},
    {"people/device/device-token", {kOpaque, kNoAccessToken}},
    {"people/device/device-token-again", {kRefused, kNone}},
    {"people/device/device-token-pending", {kRefused, kNone}},
    {"people/exchange/access-to-access", {kOpaque, kNoAccessToken}},
    {"people/exchange/access-to-id", {kNoAccessToken, kNone}},
    {"people/exchange/access-to-jwt", {kNoRole, kNoAccessToken}},
    {"people/exchange/access-to-refresh", {kRefused, kNone}},
    {"people/exchange/audience", {kOpaque, kNoAccessToken}},
    {"people/exchange/exchange-unknown-scopes", {kOpaque, kNoAccessToken}},
    {"people/exchange/id-to-access", {kRefused, kNone}},
    {"people/exchange/id-token-for-project-a", {kNoAccessToken, kNone}},
    {"people/exchange/id-with-roles", {kNoAccessToken, kNone}},
    {"people/exchange/id-with-roles-noassert", {kNoAccessToken, kNone}},
    {"people/exchange/impersonate-access-token", {kOpaque, kNoAccessToken}},
    {"people/exchange/impersonate-userid", {kOpaque, kNoAccessToken}},
    {"people/exchange/impersonate-userid-id", {kNoAccessToken, kNone}},
    {"people/exchange/impersonate-userid-jwt", {kReader, kNoAccessToken}},
    {"people/exchange/jwt-app", {kOpaque, kNoAccessToken}},
    {"people/exchange/jwt-app-id", {kNoAccessToken, kNone}},
    {"people/exchange/jwt-with-roles", {kReader, kNoAccessToken}},
    {"people/exchange/narrow", {kOpaque, kNoAccessToken}},
    {"people/exchange/resource", {kRefused, kNone}},
    {"token/revoke", {kRefused, kNone}},
    {"token/revoke-no-client", {kRefused, kNone}},
    {"token/token-jwt", {kReader, kNoAccessToken}},
    {"token/token-jwt-no-aud", {kElsewhere, kNoAccessToken}},
    {"token/token-jwt-no-roles-scope", {kNoRole, kNoAccessToken}},
    {"token/token-locked-user", {kRefused, kNone}},
    {"token/token-no-aud", {kOpaque, kNoAccessToken}},
    {"token/token-no-openid", {kOpaque, kNone}},
    {"token/token-no-scope", {kOpaque, kNone}},
    {"token/token-norole", {kOpaque, kNoAccessToken}},
    {"token/token-opaque", {kOpaque, kNoAccessToken}},
    {"token/token-other-project", {kOpaque, kNoAccessToken}},
    {"token/token-own-key", {kOpaque, kNoAccessToken}},
    {"token/token-profile", {kOpaque, kNoAccessToken}},
    {"token/token-role-scope", {kOpaque, kNoAccessToken}},
    {"token/token-role-scope-other", {kOpaque, kNoAccessToken}},
    {"token/token-roles-scope", {kOpaque, kNoAccessToken}},
    {"token/token-unknown-scope", {kOpaque, kNoAccessToken}},
    {"token/two-projects-both-jwt-user", {kNoRole, kNoAccessToken}},
    {"token/two-projects-both-norole-user", {kOpaque, kNoAccessToken}},
    {"token/two-projects-both-roles-jwt-user", {kReader, kNoAccessToken}},
    {"token/two-projects-both-roles-norole-user", {kOpaque, kNoAccessToken}},
    {"token/user-aud-endpoint", {kFailed, kNone}},
    {"token/user-aud-slash", {kFailed, kNone}},
    {"token/user-expired", {kFailed, kNone}},
    {"token/user-iat+1", {kOpaque, kNoAccessToken}},
    {"token/user-iat+2", {kFailed, kNone}},
    {"token/user-iat+5", {kFailed, kNone}},
    {"token/user-iat-3500", {kOpaque, kNoAccessToken}},
    {"token/user-iat-3700", {kFailed, kNone}},
    {"token/user-life-2h", {kOpaque, kNoAccessToken}},
    {"token/user-no-kid", {kFailed, kNone}},
    {"token/user-unknown-kid", {kFailed, kNone}},
};

constexpr const char* kAccessToken = "access_token";

// ZITADEL had ended these already, which their claims cannot say.
const std::set<std::string> kEnded = {
    "people/introspection/jwt-roles-after-logout",
    "people/introspection/jwt-roles-after-refresh-revoke",
    "people/introspection/jwt-roles-after-revoke",
    "people/introspection/jwt-roles-old-after-refresh",
};

// The key set that was asked for last before that time, or else the first.
const Recorded& keys_at(WallTime time) {
  const Recorded* newest = &support::recorded("discovery/keys");
  for (const Recorded& each : support::recorded_at({"/oauth/v2/keys"})) {
    const bool is_newer = each.response.date > newest->response.date;
    if (each.response.status == 200 && each.response.date <= time && is_newer) {
      newest = &support::recorded(each.name);
    }
  }
  return *newest;
}

Json claims_of(const std::string& jwt) {
  return *Json::parse(auth::jose::unverified_payload(jwt).value_or(""));
}

WallTime time_in(const std::string& jwt, const char* claim) {
  return WallTime{std::chrono::seconds(claims_of(jwt).integer_of(claim).value_or(0))};
}

// The API of the project that the token names in its audience.
const support::RecordedApi& api_of(const std::string& jwt) {
  const std::string audience = claims_of(jwt).member("aud")->serialise();
  const bool is_second = audience.find(support::kSecondApi.project_id) != std::string::npos;
  return is_second ? support::kSecondApi : support::kFirstApi;
}

std::string token_of(const Recorded& exchange, const char* member) {
  return exchange.body ? exchange.body->text_of(member).value_or("") : "";
}

class RecordedJwtTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecordedJwtTest);
  CPPUNIT_TEST(every_jwt_is_what_its_name_says);
  CPPUNIT_TEST(every_answer_of_the_token_endpoint_holds_what_its_name_says);
  CPPUNIT_TEST(is_of_one_mind_with_zitadel_but_for_tokens_that_were_ended);
  CPPUNIT_TEST(the_shield_refuses_nothing_that_zitadel_gave_out);
  CPPUNIT_TEST(the_shield_refuses_what_was_forged);
  CPPUNIT_TEST(expires_every_access_token);
  CPPUNIT_TEST(grants_no_role_without_a_project_id);
  CPPUNIT_TEST_SUITE_END();

  // What this program says of the token at that time; nullopt where it would ask ZITADEL.
  static std::optional<Result<Claims>> judge(const std::string& jwt, WallTime time,
                                             Validation validation = Validation::kJwt,
                                             bool with_project = true) {
    const support::RecordedApi& api = api_of(jwt);
    auth::Settings settings;
    settings.validation = validation;
    const auth::Expectations expected{support::kRecordedIssuer, api.client_id,
                                      with_project ? api.project_id : ""};
    support::ManualClock clock;
    clock.advance(time - clock.wall());
    support::ScriptedHttpClient http;
    auth::WorkerPool workers(0);
    const auto discovery =
        std::make_shared<auth::Discovery>(support::kRecordedIssuer, true, http, clock);
    const auth::LocalValidation local(
        settings, expected, std::make_shared<auth::RemoteKeySet>(discovery, http, workers, clock),
        clock, true);
    local.warm_up();
    http.answer(support::recorded("discovery/discovery").response);
    http.answer(200, keys_at(time).response.body);
    return local.judge(auth::SecretView(jwt));
  }

  static std::string verdict(const std::string& jwt, WallTime time) {
    const std::optional<Result<Claims>> judged = judge(jwt, time);
    CPPUNIT_ASSERT(judged.has_value());
    return support::verdict_of(*judged);
  }

  static std::string verdict_of_answer(const Recorded& exchange, const char* member) {
    const std::string token = token_of(exchange, member);
    if (exchange.response.status != 200 && member == kAccessToken) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(exchange.name, std::string(), token);
      return std::string(auth::describe(status_error(exchange.response, "").reason));
    }
    if (token.empty()) return kNone;
    return auth::jose::looks_like_jwt(token) ? verdict(token, *exchange.response.date) : kOpaque;
  }

  void every_jwt_is_what_its_name_says() {
    std::map<std::string, std::string> verdicts;
    for (const Recorded& each : support::recorded_at({""})) {
      const std::string token = *each.document.text_of("token");
      verdicts[each.name] = verdict(token, time_in(token, "iat"));
    }
    support::assert_verdicts(kTokens, verdicts);
  }

  void every_answer_of_the_token_endpoint_holds_what_its_name_says() {
    std::map<std::string, std::string> expected;
    std::map<std::string, std::string> verdicts;
    for (const auto& [name, of] : kGrants) expected[name] = of.first + ", " + of.second;
    for (const Recorded& each : support::recorded_at({"/oauth/v2/token", "/oauth/v2/revoke"})) {
      verdicts[each.name] =
          verdict_of_answer(each, kAccessToken) + ", " + verdict_of_answer(each, "id_token");
    }
    support::assert_verdicts(expected, verdicts);
  }

  // Calls back for each JWT that ZITADEL was asked about, with its answer.
  template <typename Visit>
  static void for_each_introspected(Visit visit) {
    int seen = 0;
    for (const Recorded& each : support::recorded_at({"/oauth/v2/introspect"})) {
      const std::string token = each.sent("token");
      if (!auth::jose::looks_like_jwt(token)) continue;
      ++seen;
      visit(each, token, each.body->member("active")->boolean() == true);
    }
    CPPUNIT_ASSERT(seen > 30);
  }

  void is_of_one_mind_with_zitadel_but_for_tokens_that_were_ended() {
    std::set<std::string> differing;
    for_each_introspected([&](const Recorded& each, const std::string& token, bool active) {
      if (judge(token, *each.response.date)->has_value() != active) differing.insert(each.name);
    });
    CPPUNIT_ASSERT(kEnded == differing);
  }

  void the_shield_refuses_nothing_that_zitadel_gave_out() {
    for_each_introspected([&](const Recorded& each, const std::string& token, bool active) {
      const auto refused = judge(token, *each.response.date, Validation::kIntrospection);
      CPPUNIT_ASSERT_MESSAGE(each.name, !refused || !active);
    });
    for (const Recorded& each : support::recorded_at({""})) {
      const std::string token = *each.document.text_of("token");
      CPPUNIT_ASSERT_MESSAGE(
          each.name, !judge(token, time_in(token, "iat"), Validation::kIntrospection).has_value());
    }
  }

  void the_shield_refuses_what_was_forged() {
    const Recorded& forged = support::recorded("introspection/answer-jwt-forged");
    const auto refused =
        judge(forged.sent("token"), *forged.response.date, Validation::kIntrospection);
    CPPUNIT_ASSERT(refused && refused->error().reason == Reason::kBadSignature);
  }

  void expires_every_access_token() {
    for (const Recorded& each : support::recorded_at({""})) {
      const std::string token = *each.document.text_of("token");
      if (kTokens.at(each.name) == kNoAccessToken) continue;
      const WallTime end = time_in(token, "exp");
      CPPUNIT_ASSERT_MESSAGE(each.name, judge(token, end - std::chrono::seconds(1))->has_value());
      CPPUNIT_ASSERT_MESSAGE(each.name, judge(token, end)->error().reason == Reason::kExpired);
    }
  }

  // People's tokens name the client ids of all applications of the project.
  void grants_no_role_without_a_project_id() {
    int with_roles = 0;
    for (const auto& [name, verdict] : kTokens) {
      if (verdict == kNoAccessToken || verdict == kNoRole) continue;
      const std::string token = *support::recorded(name).document.text_of("token");
      const auto judged = judge(token, time_in(token, "iat"), Validation::kJwt, false);
      const bool is_impersonated = name == "people/jwt/exchange-impersonate-userid-jwt";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, is_impersonated ? kElsewhere : kNoRole,
                                   support::verdict_of(*judged));
      ++with_roles;
    }
    CPPUNIT_ASSERT(with_roles > 9);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RecordedJwtTest);

}  // namespace
