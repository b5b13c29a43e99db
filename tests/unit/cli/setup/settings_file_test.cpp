// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/settings_file.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/cli/setup/setup_fixture.h"

namespace {

using Strings = std::vector<std::string>;

class SettingsFileTest : public support::SetupTest {
  CPPUNIT_TEST_SUITE(SettingsFileTest);
  CPPUNIT_TEST(names_the_lines_that_an_edited_file_lacks);
  CPPUNIT_TEST(takes_a_setting_in_any_spelling);
  CPPUNIT_TEST(wants_no_line_of_a_project_that_is_still_to_be_made);
  CPPUNIT_TEST_SUITE_END();

  [[nodiscard]] std::string wanted(const std::string& project) const {
    const auto text = cli::settings_text(set_up_->context, project);
    CPPUNIT_ASSERT(text);
    return *text;
  }

  // The lines that this file lacks for the project 77.
  Strings lacking(const std::string& file, const std::string& project = "77") {
    set_up_->write(cli::kSettingsFile, file);
    const auto lines = cli::lines_to_write(set_up_->context, wanted(project));
    CPPUNIT_ASSERT(lines);
    return *lines;
  }

  void names_the_lines_that_an_edited_file_lacks() {
    const std::string edited = wanted("66") + "ZITADEL_RULES=rules\n";
    const std::string ca =
        std::filesystem::canonical(set_up_->temporary.write("ca.pem", "")).string();
    const std::string id = "ZITADEL_PROJECT_ID=77", file = "ZITADEL_CA_FILE='" + ca + '\'';
    CPPUNIT_ASSERT(lacking(edited) == Strings{id});
    set_up_->options.ca_file = ca;
    const Strings both = lacking(edited);
    CPPUNIT_ASSERT((both == Strings{id, file}));
    CPPUNIT_ASSERT_EQUAL(
        "changed by hand, stays as it is: write the line " + id + "; write the line " + file,
        cli::words_of_edited(both));
    CPPUNIT_ASSERT_EQUAL(std::string("changed by hand, stays as it is"), cli::words_of_edited({}));
    set_up_->context.state.events.key.id = "5";
    CPPUNIT_ASSERT(
        (lacking(edited) == Strings{id, "ZITADEL_EVENTS_TOKEN_FILE=events-key.json", file}));
  }

  void takes_a_setting_in_any_spelling() {
    CPPUNIT_ASSERT(lacking("ZITADEL_DOMAIN = 'https://zitadel.example' # mine\n"
                           "export ZITADEL_PROJECT_ID=77\n"
                           "API_PRIVATE_KEY_FILE_PATH=\"" +
                           set_up_->folder.path_of(cli::kApplicationKeyFile) + "\"\n")
                       .empty());
  }

  void wants_no_line_of_a_project_that_is_still_to_be_made() {
    CPPUNIT_ASSERT(lacking(wanted("66"), "").empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SettingsFileTest);

}  // namespace
