// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "auth/base/base64.h"
#include "cli/setup/resources.h"
#include "tests/unit/cli/setup/recorded_client.h"

namespace {

using cli::ApiError;
using cli::ApiResult;
using support::RecordedClient;

constexpr const char* kProject = "401504948921044006";
constexpr const char* kApplication = "401504949306919974";
constexpr const char* kUser = "401504950363884582";
constexpr const char* kEnd = "2099-01-01T00:00:00Z";

// One answer is asked for and looked at.
struct Asked {
  RecordedClient http;
  cli::Management api{support::kRecordedIssuer, auth::Secret("TOKEN"), "", http};
  cli::Resources resources{api};
  explicit Asked(const char* name) : http{name} {}
};

template <typename T>
T good(ApiResult<T> result) {
  if (!result) CPPUNIT_FAIL(result.error().words);
  return *std::move(result);
}

void good(const ApiResult<void>& result) {
  if (!result) CPPUNIT_FAIL(result.error().words);
}

class RecordedResourcesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecordedResourcesTest);
  CPPUNIT_TEST(tells_failures_by_status_code_and_id);
  CPPUNIT_TEST(a_request_that_differs_is_not_answered);
  CPPUNIT_TEST(finds_and_makes_a_project);
  CPPUNIT_TEST(finds_and_makes_a_role);
  CPPUNIT_TEST(finds_and_makes_an_application);
  CPPUNIT_TEST(makes_an_applications_key);
  CPPUNIT_TEST(finds_and_makes_a_service_user);
  CPPUNIT_TEST(brings_the_public_half_of_a_service_users_key);
  CPPUNIT_TEST(finds_makes_and_changes_an_authorization);
  CPPUNIT_TEST(takes_away_what_may_be_gone_already);
  CPPUNIT_TEST(makes_a_member_of_the_instance);
  CPPUNIT_TEST_SUITE_END();

  void tells_failures_by_status_code_and_id() {
    struct Row {
      const char* name;
      int status;
      int code;
      const char* id;
      bool exists = false;
      bool missing = false;
    };
    for (const Row& row : {Row{"set-up/project-add-exists", 409, 6, "V3-DKcYh", true},
                           {"set-up/no-permission", 404, 5, "AUTHZ-cdgFk"},
                           {"set-up/wrong-token", 401, 16, "AUTH-7fs1e"},
                           {"set-up/no-token", 401, 16, ""},
                           {"set-up/project-add-unknown-organisation", 403, 7, "AUTH-Bs7Ds"},
                           {"set-up/grant-add-unknown-role", 400, 9, "COMMAND-mm9F4"},
                           {"set-up/grant-change-unchanged", 400, 9, "COMMAND-Rs8fy"},
                           {"set-up/role-long-key", 400, 3, ""},
                           {"set-up/app-key-add-past", 400, 3, "DOMAIN-dv3t5"},
                           {"set-up/app-key-add-on-oidc", 400, 9, "COMMAND-Dff54"},
                           {"set-up/project-remove-gone", 404, 5, "COMMAND-3M9sd", false, true},
                           {"set-up/unknown-path", 404, 5, "", false, true},
                           {"set-up/wrong-verb", 405, 12, ""}}) {
      const support::Recorded& recording = support::recorded(row.name);
      class : public auth::HttpClient {
       public:
        const support::Recorded* recording = nullptr;
        void send(auth::HttpRequest, Done done) override { done(recording->response); }
      } http;
      http.recording = &recording;
      cli::Management api(support::kRecordedIssuer, auth::Secret("TOKEN"), "", http);
      const auto answer = api.post(recording.path, "{}");
      CPPUNIT_ASSERT_MESSAGE(row.name, !answer);
      const ApiError& error = answer.error();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.status, error.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::int64_t{row.code}, error.code);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::string(row.id), error.id);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.exists, error.exists_already());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.missing, error.is_missing());
    }
  }

  void a_request_that_differs_is_not_answered() {
    CPPUNIT_ASSERT_EQUAL(
        501, Asked("set-up/project-add").resources.make_project("other").error().status);
    Asked elsewhere("set-up/project-add");
    cli::Management api(support::kRecordedIssuer, auth::Secret("TOKEN"), "123", elsewhere.http);
    CPPUNIT_ASSERT_EQUAL(501, cli::Resources(api).make_project("guarded").error().status);
  }

  void finds_and_makes_a_project() {
    const auto found = good(Asked("set-up/project-get").resources.project(kProject));
    CPPUNIT_ASSERT(found && found->active && found->name == "guarded" && found->id == kProject);
    CPPUNIT_ASSERT(!good(Asked("set-up/project-search-none").resources.project_named("guarded")));
    CPPUNIT_ASSERT_EQUAL(
        std::string(kProject),
        good(Asked("set-up/project-search-found").resources.project_named("guarded"))->id);
    CPPUNIT_ASSERT_EQUAL(std::string(kProject),
                         good(Asked("set-up/project-add").resources.make_project("guarded")));
    CPPUNIT_ASSERT(Asked("set-up/project-add-exists")
                       .resources.make_project("guarded")
                       .error()
                       .exists_already());
  }

  void finds_and_makes_a_role() {
    CPPUNIT_ASSERT(
        good(Asked("set-up/role-search-found").resources.has_role(kProject, "read:messages")));
    good(Asked("administrators/role-add-as-org_owner")
             .resources.make_role("401506846323510310", "r"));
    CPPUNIT_ASSERT_EQUAL(403, Asked("administrators/role-add-as-org_project_creator")
                                  .resources.make_role("401506849779616806", "r")
                                  .error()
                                  .status);
  }

  void finds_and_makes_an_application() {
    const auto all = good(Asked("set-up/app-search").resources.applications(kProject));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, all.size());
    CPPUNIT_ASSERT(all[0].right_kind && all[0].active && all[0].name == "api");
    CPPUNIT_ASSERT_EQUAL(std::string("401504949306985510"), all[0].client_id);
    CPPUNIT_ASSERT(!all[1].right_kind && all[1].name == "api-basic");
    const auto made = good(Asked("set-up/app-add").resources.make_application(kProject, "api"));
    CPPUNIT_ASSERT_EQUAL(std::string(kApplication), made.id);
    CPPUNIT_ASSERT_EQUAL(std::string("401504949306985510"), made.client_id);
  }

  void makes_an_applications_key() {
    const auto keys =
        good(Asked("set-up/app-key-search").resources.application_keys(kProject, kApplication));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, keys.size());
    CPPUNIT_ASSERT_EQUAL(std::string("401504949709573158"), keys[0].id);
    CPPUNIT_ASSERT_EQUAL(std::string(kEnd), keys[0].expires);
    const auth::Secret file = good(
        Asked("set-up/app-key-add").resources.make_application_key(kProject, kApplication, kEnd));
    const auto json = auth::Json::parse(file.reveal());
    CPPUNIT_ASSERT_EQUAL(std::string("application"), json->text_of("type").value_or(""));
    CPPUNIT_ASSERT_EQUAL(keys[0].id, json->text_of("keyId").value_or(""));
  }

  void finds_and_makes_a_service_user() {
    for (const auto& found :
         {good(Asked("set-up/machine-get").resources.user(kUser)),
          good(Asked("set-up/machine-search").resources.user_named("opaque-user"))}) {
      CPPUNIT_ASSERT(found && found->active && found->right_kind && !found->jwt);
      CPPUNIT_ASSERT_EQUAL(std::string(kUser), found->id);
    }
    // The recordings have a description or another name besides.
    Asked asked("set-up/machine-add-exists");
    static_cast<void>(asked.resources.make_user("a \"b\"", true));
    CPPUNIT_ASSERT_EQUAL(std::string("POST http://localhost:18080/management/v1/users/machine "
                                     R"({"userName":"a \"b\"","name":"a \"b\"",)"
                                     R"("accessTokenType":"ACCESS_TOKEN_TYPE_JWT"})"),
                         asked.http.asked.back());
  }

  void brings_the_public_half_of_a_service_users_key() {
    const support::Recorded& recording = support::recorded("set-up/machine-key-add-public");
    const std::string encoded = recording.sent("publicKey");
    const std::string pem(auth::base64_decode(auth::SecretView(encoded)).reveal());
    CPPUNIT_ASSERT(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("401504951823502374"),
        good(Asked("set-up/machine-key-add-public").resources.make_user_key(kUser, kEnd, pem)));
    CPPUNIT_ASSERT_EQUAL(std::string("401504950414216230"),
                         good(Asked("set-up/machine-key-search").resources.user_keys(kUser))[0].id);
  }

  void finds_makes_and_changes_an_authorization() {
    const auto found = good(Asked("set-up/grant-search").resources.grant(kUser, kProject));
    CPPUNIT_ASSERT(found && found->active);
    CPPUNIT_ASSERT_EQUAL(std::string("401504951437626406"), found->id);
    CPPUNIT_ASSERT_EQUAL(std::string("read:messages"), found->roles.at(0));
    CPPUNIT_ASSERT_EQUAL(found->id,
                         good(Asked("set-up/grant-add-opaque-user")
                                  .resources.make_grant(kUser, kProject, {"read:messages"})));
    good(Asked("set-up/grant-change")
             .resources.change_grant(kUser, "401505320402160678",
                                     {"read:messages", "write:messages"}));
  }

  void takes_away_what_may_be_gone_already() {
    for (const auto& [name, path] :
         {std::pair{"set-up/app-remove", "/projects/401504948921044006/apps/401506858788981798"},
          {"set-up/app-remove-gone", "/projects/401504948921044006/apps/401506858788981798"},
          {"set-up/app-key-remove",
           "/projects/401504948921044006/apps/401504949306919974/keys/401505359023311910"},
          {"set-up/role-remove", "/projects/401504948921044006/roles/write:messages"},
          {"set-up/project-remove-gone", "/projects/123"},
          {"set-up/machine-remove", "/users/401505375850859558"},
          {"set-up/machine-remove-gone", "/users/123"},
          {"set-up/grant-remove", "/users/401504950363884582/grants/401504951437626406"},
          {"set-up/grant-remove-gone", "/users/401506849947388966/grants/123"}}) {
      good(Asked(name).resources.remove(path));
    }
    CPPUNIT_ASSERT_EQUAL(501,
                         Asked("set-up/app-remove").resources.remove("/users/1").error().status);
  }

  void makes_a_member_of_the_instance() {
    Asked asked("set-up/iam-member-add");
    good(asked.resources.make_instance_member("401506849947388966", "IAM_OWNER_VIEWER"));
    CPPUNIT_ASSERT_EQUAL(
        501, asked.resources.make_instance_member(kUser, "IAM_OWNER_VIEWER").error().status);
    // Nobody has recorded these: as ZITADEL documents them.
    static_cast<void>(asked.resources.instance_member("1"));
    static_cast<void>(asked.resources.remove_instance_member("1"));
    const std::string members = std::string(support::kRecordedIssuer) + "/admin/v1/members";
    CPPUNIT_ASSERT_EQUAL(
        "POST " + members + R"(/_search {"queries":[{"userIdQuery":{"userId":"1"}}]})",
        asked.http.asked.at(2));
    CPPUNIT_ASSERT_EQUAL("DELETE " + members + "/1 ", asked.http.asked.at(3));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RecordedResourcesTest);

}  // namespace
