// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/making.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "tests/unit/cli/setup/setup_fixture.h"

namespace {

using cli::ApiError;
using cli::ApiResult;
using Strings = std::vector<std::string>;

class MakingTest : public support::SetupTest {
  CPPUNIT_TEST_SUITE(MakingTest);
  CPPUNIT_TEST(what_was_refused_was_not_begun);
  CPPUNIT_TEST(what_an_earlier_run_had_begun_stays_begun);
  CPPUNIT_TEST(an_authorization_that_was_refused_grants_nothing);
  CPPUNIT_TEST_SUITE_END();

  // ZITADEL answers the making of the project with this status.
  void fail_with(int status) {
    cli::Context& context = set_up_->context;
    const cli::Making making{
        "project", "",
        [status]() -> ApiResult<std::string> { return ApiError{.status = status, .words = "no"}; },
        []() -> cli::Search<cli::Found> { return std::optional<cli::Found>(); }};
    CPPUNIT_ASSERT(
        !cli::make_thing(context, context.state.project, "api", "", making, set_up_->report));
  }

  void what_was_refused_was_not_begun() {
    struct Row {
      int status;
      bool is_begun;
    };
    for (const Row& row : {Row{400, false},
                           {401, false},
                           {403, false},
                           {404, false},
                           {429, false},
                           {408, true},
                           {499, true},
                           {500, true},
                           {503, true},
                           {200, true},
                           {0, true}}) {
      set_up_->context.state.project = cli::Thing{};
      fail_with(row.status);
      const std::string status = std::to_string(row.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, row.is_begun, set_up_->context.state.project.begun);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, row.is_begun, set_up_->saved().project.begun);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, std::string(row.is_begun ? "api" : ""),
                                   set_up_->saved().project.name);
    }
  }

  void what_an_earlier_run_had_begun_stays_begun() {
    set_up_->context.state.project = cli::Thing{.name = "api", .begun = true};
    fail_with(403);
    CPPUNIT_ASSERT(set_up_->saved().project.begun);
  }

  void an_authorization_that_was_refused_grants_nothing() {
    cli::State& state = set_up_->context.state;
    set_up_->options.roles = {"read"};
    state.user.id = "3";
    for (const int status : {403, 500}) {
      set_up_->http.answers["POST /management/v1/users/3/grants"] = {status, R"({"code":7})"};
      CPPUNIT_ASSERT(!cli::make_grant(set_up_->context, std::nullopt, set_up_->report));
      CPPUNIT_ASSERT_EQUAL(status == 500, set_up_->saved().grant.begun);
      CPPUNIT_ASSERT(set_up_->saved().granted == (status == 500 ? Strings{"read"} : Strings()));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MakingTest);

}  // namespace
