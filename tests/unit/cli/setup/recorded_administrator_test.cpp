// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "cli/setup/administrator.h"
#include "tests/unit/cli/setup/recorded_client.h"

namespace {

using support::RecordedClient;

class RecordedAdministratorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecordedAdministratorTest);
  CPPUNIT_TEST(says_what_each_role_lacks);
  CPPUNIT_TEST(says_why_a_token_is_not_taken);
  CPPUNIT_TEST(tells_who_manages_nothing);
  CPPUNIT_TEST(tells_that_events_need_a_manager_of_the_instance);
  CPPUNIT_TEST(tells_the_log_in_pages_token);
  CPPUNIT_TEST(no_word_repeats_the_token);
  CPPUNIT_TEST_SUITE_END();

  static auth::Result<cli::Administrator, auth::Mistake> introduced(
      std::initializer_list<const char*> names) {
    RecordedClient http(names);
    cli::Management api(support::kRecordedIssuer, auth::Secret("TOKEN"), "", http);
    return cli::introduce(api);
  }

  static std::string lacks(const char* name) {
    const auto who = introduced({"set-up/me", name});
    CPPUNIT_ASSERT_MESSAGE(name, who.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("admin-sa"), who->name);
    const auto checked =
        cli::check_permissions(*who, {"project.create", "project.role.write", "project.app.write",
                                      "user.write", "user.grant.write", "user.write"});
    const std::string text = checked ? "" : checked.error().sentence;
    const std::size_t begin = text.find("permissions ");
    return begin == text.npos ? text : text.substr(begin + 12, text.find(';') - begin - 12);
  }

  void says_what_each_role_lacks() {
    CPPUNIT_ASSERT_EQUAL(std::string(), lacks("set-up/my-permissions"));
    CPPUNIT_ASSERT_EQUAL(std::string(), lacks("administrators/permissions-org_owner"));
    CPPUNIT_ASSERT_EQUAL(std::string("project.create, project.role.write, project.app.write, "
                                     "user.write, user.grant.write"),
                         lacks("administrators/permissions-org_owner_viewer"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("project.role.write, project.app.write, user.write, user.grant.write"),
        lacks("administrators/permissions-org_project_creator"));
    CPPUNIT_ASSERT_EQUAL(std::string("project.create, project.role.write, project.app.write"),
                         lacks("administrators/permissions-org_user_manager"));
  }

  void says_why_a_token_is_not_taken() {
    for (const char* name : {"administrators/pat-expired", "administrators/user-deactivated"}) {
      const auto who = introduced({name});
      CPPUNIT_ASSERT(!who);
      CPPUNIT_ASSERT(who.error().sentence.find("(1) it has expired or was removed; (2) its user "
                                               "is deactivated") != std::string::npos);
    }
  }

  void tells_who_manages_nothing() {
    const cli::ApiError error{404, 5, "AUTHZ-cdgFk", "words"};
    CPPUNIT_ASSERT(cli::in_words(error, "it failed").sentence.find("ORG_OWNER") !=
                   std::string::npos);
    CPPUNIT_ASSERT_EQUAL(
        std::string("there is no such organisation as --org names: write the Resource Id that its "
                    "page in ZITADEL's console shows"),
        cli::in_words({403, 7, "AUTH-Bs7Ds", "words"}, "it failed").sentence);
  }

  void tells_that_events_need_a_manager_of_the_instance() {
    const auto checked = [](const char* name) {
      const auto who = introduced({"set-up/me", name});
      CPPUNIT_ASSERT_MESSAGE(name, who.has_value());
      return cli::check_permissions(*who, {"user.write", "iam.member.write"});
    };
    CPPUNIT_ASSERT(checked("set-up/my-permissions"));
    const auto owner = checked("administrators/permissions-org_owner");
    CPPUNIT_ASSERT(!owner);
    CPPUNIT_ASSERT(
        owner.error().sentence.find("lacks the permissions iam.member.write; nothing was "
                                    "changed. Give it the role IAM_OWNER (an ORG_OWNER "
                                    "may not") != std::string::npos);
  }

  void tells_the_log_in_pages_token() {
    const cli::Administrator who{"login-client", {"session.link", "user.write", "project.read"}};
    const auto checked = cli::check_permissions(who, {"project.create"});
    CPPUNIT_ASSERT(!checked);
    CPPUNIT_ASSERT(checked.error().sentence.starts_with(
        "this is the token of ZITADEL's own log-in page (login-client), which may set up nothing"));
  }

  void no_word_repeats_the_token() {
    class : public auth::HttpClient {
     public:
      void send(auth::HttpRequest request, Done done) override {
        auth::HttpResponse answer{
            400, R"({"code":3,"message":")" + std::string(request.authorization.reveal()) + "\"}"};
        answer.sent = std::make_shared<const auth::HttpRequest>(std::move(request));
        done(std::move(answer));
      }
    } http;
    cli::Management api("http://localhost", auth::Secret("a-long-secret-token"), "", http);
    const auto answer = api.get("/auth/v1/users/me");
    CPPUNIT_ASSERT(!answer);
    CPPUNIT_ASSERT_EQUAL(std::string("/auth/v1/users/me answered with status 400"),
                         answer.error().words);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RecordedAdministratorTest);

}  // namespace
