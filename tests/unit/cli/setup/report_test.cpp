// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/report.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "tests/unit/cli/setup/setup_fixture.h"

namespace {

class ReportTest : public support::SetupTest {
  CPPUNIT_TEST_SUITE(ReportTest);
  CPPUNIT_TEST(the_command_for_a_token_allows_http_where_that_is_needed);
  CPPUNIT_TEST_SUITE_END();

  // Sets SUDO_USER, and puts back what there was.
  class Sudo {
   public:
    explicit Sudo(bool is_there) {
      if (const char* name = std::getenv("SUDO_USER")) before_ = name;
      set(is_there ? "somebody" : nullptr);
    }
    Sudo(const Sudo&) = delete;
    Sudo& operator=(const Sudo&) = delete;
    ~Sudo() { set(before_ ? before_->c_str() : nullptr); }

   private:
    static void set(const char* user) {
      user == nullptr ? ::unsetenv("SUDO_USER") : ::setenv("SUDO_USER", user, 1);
    }

    std::optional<std::string> before_{};
  };

  void the_command_for_a_token_allows_http_where_that_is_needed() {
    struct Row {
      const char* domain;
      bool sudo;
      const char* begin;
    };
    for (const Row& row :
         {Row{"https://zitadel.example", false, "TOKEN=$(zitadel-token "},
          {"http://127.0.0.1:8080", false, "TOKEN=$(zitadel-token "},
          {"http://10.0.0.1:8080", false, "TOKEN=$(ZITADEL_ALLOW_HTTP=1 zitadel-token "},
          {"https://zitadel.example", true, "TOKEN=$(sudo zitadel-token "},
          {"http://10.0.0.1:8080", true, "TOKEN=$(sudo ZITADEL_ALLOW_HTTP=1 zitadel-token "}}) {
      const Sudo sudo(row.sudo);
      set_up_->options.domain = row.domain;
      const std::string command = cli::commands_to_try(set_up_->context).front();
      CPPUNIT_ASSERT_MESSAGE(command, command.starts_with(row.begin));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReportTest);

}  // namespace
