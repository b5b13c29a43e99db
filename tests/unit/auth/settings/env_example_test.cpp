// .env.example tells of all settings and of their defaults. Read from the working directory.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/support/settings_fixture.h"

namespace {

using auth::Settings;

class EnvExampleTest : public support::SettingsFixture {
  CPPUNIT_TEST_SUITE(EnvExampleTest);
  CPPUNIT_TEST(the_example_lists_exactly_the_settings_there_are);
  CPPUNIT_TEST(the_example_shows_the_defaults);
  CPPUNIT_TEST(the_example_loads_as_it_is_shipped);
  CPPUNIT_TEST_SUITE_END();

  [[nodiscard]] std::string example() const { return former_folder_ / ".env.example"; }

  // "NAME=value" lines, also those behind a '#'.
  [[nodiscard]] std::string example_with_all_lines_active() const {
    std::ifstream file(example());
    CPPUNIT_ASSERT_MESSAGE(example(), file.is_open());
    std::string text;
    for (std::string line; std::getline(file, line);) {
      const std::string_view rest = std::string_view(line).substr(line.starts_with('#') ? 1 : 0);
      const std::string_view name = rest.substr(0, rest.find('='));
      const bool setting =
          rest.find('=') != std::string_view::npos && !name.empty() &&
          name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos;
      if (setting) text.append(rest).append("\n");
    }
    return text;
  }

  void the_example_lists_exactly_the_settings_there_are() {
    std::vector<std::string> listed;
    const std::string text = example_with_all_lines_active();
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      listed.push_back(text.substr(at, text.find('=', at) - at));
    }
    const auto names = auth::setting_names();
    std::vector<std::string> expected(names.begin(), names.end());
    std::sort(listed.begin(), listed.end());
    std::sort(expected.begin(), expected.end());
    for (const std::string& name : expected) {
      CPPUNIT_ASSERT_MESSAGE(name, std::binary_search(listed.begin(), listed.end(), name));
    }
    CPPUNIT_ASSERT(expected == listed);
  }

  void the_example_shows_the_defaults() {
    env_file(example_with_all_lines_active());
    std::filesystem::rename("key.json", "api-key.json");
    const Settings settings = load({});
    const Settings defaults;
    CPPUNIT_ASSERT_EQUAL(defaults.introspection_url, settings.introspection_url);
    CPPUNIT_ASSERT_EQUAL(defaults.project_id, settings.project_id);
    CPPUNIT_ASSERT(defaults.validation == settings.validation);
    CPPUNIT_ASSERT_EQUAL(defaults.jwt_shield, settings.jwt_shield);
    CPPUNIT_ASSERT_EQUAL(defaults.realm, settings.realm);
    CPPUNIT_ASSERT_EQUAL(defaults.ca_file, settings.ca_file);
    CPPUNIT_ASSERT_EQUAL(defaults.allow_http, settings.allow_http);
    CPPUNIT_ASSERT(defaults.connect_timeout == settings.connect_timeout);
    CPPUNIT_ASSERT(defaults.timeout == settings.timeout);
    CPPUNIT_ASSERT_EQUAL(defaults.threads, settings.threads);
    CPPUNIT_ASSERT(defaults.log_level == settings.log_level);
    CPPUNIT_ASSERT_EQUAL(defaults.log_file, settings.log_file);
    CPPUNIT_ASSERT(defaults.cache_ttl == settings.cache_ttl);
    CPPUNIT_ASSERT_EQUAL(defaults.cache_max_bytes, settings.cache_max_bytes);
    CPPUNIT_ASSERT(defaults.grace == settings.grace);
    CPPUNIT_ASSERT(defaults.grace_when == settings.grace_when);
    CPPUNIT_ASSERT_EQUAL(defaults.client_address_header, settings.client_address_header);
    CPPUNIT_ASSERT(settings.trusted_proxies.empty());
    CPPUNIT_ASSERT_EQUAL(defaults.max_in_flight, settings.max_in_flight);
    CPPUNIT_ASSERT_EQUAL(defaults.max_connections, settings.max_connections);
    CPPUNIT_ASSERT_EQUAL(defaults.max_parked, settings.max_parked);
  }

  void the_example_loads_as_it_is_shipped() {
    std::filesystem::copy_file(example(), ".env");
    std::filesystem::rename("key.json", "api-key.json");
    CPPUNIT_ASSERT_EQUAL(std::string("https://my-instance.zitadel.cloud"), load({}).domain);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EnvExampleTest);

}  // namespace
