// SPDX-License-Identifier: Apache-2.0
// What is told of the settings: .env.example and the table of docs/settings.md are as `make
// settings` writes them, and show the defaults. Read from the working directory.
#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "auth/settings/describe.h"
#include "auth/settings/rows.h"
#include "tests/unit/support/settings_fixture.h"

namespace {

using auth::Settings;

class EnvExampleTest : public support::SettingsFixture {
  CPPUNIT_TEST_SUITE(EnvExampleTest);
  CPPUNIT_TEST(the_example_is_as_the_rows_have_it);
  CPPUNIT_TEST(the_table_is_as_the_rows_have_it);
  CPPUNIT_TEST(a_document_without_a_place_for_the_settings_is_seen);
  CPPUNIT_TEST(each_row_tells_all_of_its_setting);
  CPPUNIT_TEST(a_default_that_is_shown_may_be_written);
  CPPUNIT_TEST(the_example_loads_as_it_is_shipped);
  CPPUNIT_TEST_SUITE_END();

  [[nodiscard]] std::string example() const { return former_folder_ / ".env.example"; }

  [[nodiscard]] static std::string content_of(const std::string& path) {
    std::ifstream file(path);
    CPPUNIT_ASSERT_MESSAGE(path, file.is_open());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void the_example_is_as_the_rows_have_it() {
    CPPUNIT_ASSERT_MESSAGE("run make settings", content_of(example()) == auth::env_example());
    for (const std::string_view name : auth::setting_names()) {
      const std::string line = std::string(name) + '=';
      CPPUNIT_ASSERT_MESSAGE(line, content_of(example()).find(line) != std::string::npos);
    }
  }

  void the_table_is_as_the_rows_have_it() {
    const std::string document = content_of(former_folder_ / "docs/settings.md");
    CPPUNIT_ASSERT_MESSAGE("run make settings", document == auth::document_with_settings(document));
    for (const std::string_view name : auth::setting_names()) {
      const std::string line = "\n| `" + std::string(name) + "` | ";
      CPPUNIT_ASSERT_MESSAGE(line, document.find(line) != std::string::npos);
    }
  }

  void a_document_without_a_place_for_the_settings_is_seen() {
    const std::string begin(auth::kSettingsBegin);
    const std::string end(auth::kSettingsEnd);
    for (const std::string& text : {std::string(), std::string("# a\n"), begin, end, end + begin}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string(), auth::document_with_settings(text));
    }
    const std::string written =
        auth::document_with_settings("a\n" + begin + "of yore\n" + end + "b\n");
    CPPUNIT_ASSERT(written.starts_with("a\n" + begin + "| setting |"));
    CPPUNIT_ASSERT(written.ends_with(" |\n" + end + "b\n"));
    CPPUNIT_ASSERT(written.find("of yore") == std::string::npos);
  }

  void each_row_tells_all_of_its_setting() {
    for (const auth::SettingRow& row : auth::setting_rows()) {
      if (!row.counts) continue;
      const std::string name(row.setting.name);
      CPPUNIT_ASSERT_MESSAGE(name, row.meaning.ends_with('.'));
      CPPUNIT_ASSERT_MESSAGE(name, !row.kind.values().empty());
      CPPUNIT_ASSERT_MESSAGE(name,
                             row.fallback.empty() != row.kind.default_value(Settings()).empty());
    }
  }

  void a_default_that_is_shown_may_be_written() {
    for (const auth::SettingRow& row : auth::setting_rows()) {
      const std::string value = row.kind.default_value(Settings());
      if (value.empty()) continue;
      Settings settings;
      const auto checked = row.kind.read({auth::Secret(value), "", ""}, settings);
      CPPUNIT_ASSERT_MESSAGE(std::string(row.setting.name), checked.has_value());
      CPPUNIT_ASSERT_EQUAL(value, row.kind.default_value(settings));
    }
  }

  void the_example_loads_as_it_is_shipped() {
    std::filesystem::copy_file(example(), ".env");
    std::filesystem::rename("key.json", "api-key.json");
    CPPUNIT_ASSERT_EQUAL(std::string("https://my-instance.zitadel.cloud"), load({}).domain);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EnvExampleTest);

}  // namespace
