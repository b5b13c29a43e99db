// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/key_step.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "cli/setup/key_kinds.h"
#include "tests/unit/cli/setup/setup_fixture.h"

namespace {

constexpr const char* kEnd = "2099-01-01T00:00:00Z";
constexpr const char* kRefusal = R"({"code":7,"message":"no"})";
constexpr const char* kStale = R"({"keyId":"A","key":"K"})";

// ZITADEL has the key B, whose making was begun; nobody heard of it. The key A is in the new file,
// and ZITADEL has forgotten it.
class KeyStepTest : public support::SetupTest {
  CPPUNIT_TEST_SUITE(KeyStepTest);
  CPPUNIT_TEST(an_application_key_is_not_completed_with_the_file_of_an_earlier_one);
  CPPUNIT_TEST(a_users_key_is_not_completed_with_the_file_of_an_earlier_one);
  CPPUNIT_TEST_SUITE_END();

  // Lets the step forget B; the key that it makes then is refused.
  void run(cli::KeyStep&& step, const std::string& keys) {
    set_up_->http.answers["POST " + keys + "/_search"] = {
        200,
        std::string(R"({"details":{"totalResult":"1"},"result":[{"id":"B","expirationDate":")") +
            kEnd + "\"}]}"};
    set_up_->http.answers["DELETE " + keys + "/B"] = {200, "{}"};
    set_up_->http.answers["POST " + keys] = {403, kRefusal};
    const auto done = step.run(false);
    CPPUNIT_ASSERT(!done);
    CPPUNIT_ASSERT(done.error().sentence.find("key could not be made") != std::string::npos);
    CPPUNIT_ASSERT(set_up_->http.was_asked("DELETE " + keys + "/B"));
  }

  void an_application_key_is_not_completed_with_the_file_of_an_earlier_one() {
    cli::State& state = set_up_->context.state;
    state.project.id = "1";
    state.application.id = "2";
    state.application_key.begun = kEnd;
    const std::string file = cli::new_file_of(cli::kApplicationKeyFile);
    set_up_->write(file, kStale);
    run(cli::ApplicationKeyStep(set_up_->context), "/management/v1/projects/1/apps/2/keys");
    CPPUNIT_ASSERT(!set_up_->folder.has(file));
    CPPUNIT_ASSERT(!set_up_->folder.has(cli::kApplicationKeyFile));
  }

  void a_users_key_is_not_completed_with_the_file_of_an_earlier_one() {
    cli::State& state = set_up_->context.state;
    state.user.id = "3";
    state.user_key.begun = kEnd;
    const std::string file = cli::new_file_of(cli::kUserKeyFile);
    set_up_->write(file, kStale);
    run(cli::UserKeyStep(set_up_->context), "/management/v1/users/3/keys");
    // It holds the pair of the key that was refused.
    CPPUNIT_ASSERT(set_up_->text_of(file).find(R"("keyId":"")") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeyStepTest);

}  // namespace
