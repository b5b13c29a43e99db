// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/removal.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <string>

#include "tests/unit/cli/setup/setup_fixture.h"

namespace {

constexpr const char* kUser = "/management/v1/users/3";
constexpr const char* kToken =
    R"({"details":{"totalResult":"1"},"result":[{"id":"9","scopes":["openid"]}]})";

class RemovalTest : public support::SetupTest {
  CPPUNIT_TEST_SUITE(RemovalTest);
  CPPUNIT_TEST(keeps_a_user_that_has_a_personal_access_token);
  CPPUNIT_TEST(removes_nothing_where_the_tokens_cannot_be_seen);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    SetupTest::setUp();
    const cli::Thing made{.id = "3", .name = "caller", .made = true};
    set_up_->context.state.user = made;
    set_up_->context.state.events.user = made;
    set_up_->context.state.events.member.made = true;
    auto& answers = set_up_->http.answers;
    const std::string user = kUser;
    answers["GET " + user] = {200, R"({"user":{"id":"3","userName":"caller","machine":{}}})"};
    answers["POST " + user + "/keys/_search"] = {200, "{}"};
    answers["POST /management/v1/users/grants/_search"] = {200, "{}"};
  }

 private:
  void keeps_a_user_that_has_a_personal_access_token() {
    for (const bool has_token : {true, false}) {
      set_up_->http.answers[std::string("POST ") + kUser + "/pats/_search"] = {
          200, has_token ? kToken : "{}"};
      const auto removal = cli::look_for_removal(set_up_->context);
      CPPUNIT_ASSERT(removal);
      CPPUNIT_ASSERT_EQUAL(!has_token, removal->user);
      CPPUNIT_ASSERT_EQUAL(!has_token, removal->events_user);
      // The role goes with the user, or stays with it, and that is told.
      CPPUNIT_ASSERT(!removal->events_member);
      const auto& rows = removal->plan.rows;
      CPPUNIT_ASSERT_EQUAL(has_token, std::any_of(rows.begin(), rows.end(), [](const auto& row) {
                             return row.what == std::string("events role") &&
                                    row.action == cli::Action::kKeep &&
                                    row.remark == "its user stays";
                           }));
      for (std::size_t row = 0; row < 2; ++row) {
        CPPUNIT_ASSERT_EQUAL(std::string(has_token ? "it has personal access tokens" : ""),
                             removal->plan.rows[row].remark);
      }
    }
  }

  void removes_nothing_where_the_tokens_cannot_be_seen() {
    for (const int status : {404, 501}) {
      set_up_->http.answers[std::string("POST ") + kUser + "/pats/_search"] = {status,
                                                                               R"({"code":12})"};
      CPPUNIT_ASSERT(!cli::look_for_removal(set_up_->context));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RemovalTest);

}  // namespace
