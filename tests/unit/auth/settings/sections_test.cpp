// SPDX-License-Identifier: Apache-2.0
// Sections of the settings file, seen through load_sections.
#include "auth/settings/sections.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>
#include <vector>

#include "auth/settings/digest.h"
#include "auth/settings/rows.h"
#include "tests/unit/support/settings_fixture.h"

namespace {

using auth::Mistakes;
using auth::SettingPart;
using auth::Settings;

const std::string kFirst = "ZITADEL_DOMAIN=https://a.example\nAPI_PRIVATE_KEY_FILE_PATH=key.json\n";
const std::string kSecond =
    "[b.example]\nZITADEL_DOMAIN=https://b.example\nAPI_PRIVATE_KEY_FILE_PATH=key.json\n";

class SectionsTest : public support::SettingsFixture {
  CPPUNIT_TEST_SUITE(SectionsTest);
  CPPUNIT_TEST(one_file_without_sections_is_one);
  CPPUNIT_TEST(reads_each_section);
  CPPUNIT_TEST(takes_over_what_stands_before_the_first_one);
  CPPUNIT_TEST(takes_over_nothing_that_is_an_instance_s);
  CPPUNIT_TEST(an_empty_value_brings_the_default_back);
  CPPUNIT_TEST(a_section_has_one_store);
  CPPUNIT_TEST(the_environment_counts_as_if_it_stood_before_the_first_one);
  CPPUNIT_TEST(what_stands_before_the_first_one_need_be_for_no_instance);
  CPPUNIT_TEST(refuses_settings_that_count_for_no_section);
  CPPUNIT_TEST(refuses_settings_of_the_whole_program_in_a_section);
  CPPUNIT_TEST(each_row_says_where_it_may_stand);
  CPPUNIT_TEST(names_the_section_of_what_is_missing);
  CPPUNIT_TEST(refuses_headings_that_name_no_place);
  CPPUNIT_TEST(refuses_a_place_that_another_section_has);
  CPPUNIT_TEST(tells_a_mistake_that_several_take_over_once);
  CPPUNIT_TEST(refuses_settings_that_repeat_in_a_section);
  CPPUNIT_TEST(bounds_their_number);
  CPPUNIT_TEST(refuses_sections_where_nobody_asks_for_one);
  CPPUNIT_TEST(finds_the_files_of_all_sections);
  CPPUNIT_TEST_SUITE_END();

  std::vector<Settings> load_all(const std::string& text, const Variables& variables = {}) {
    env_file(text);
    auto all = auth::load_sections(auth::Environment(variables.begin(), variables.end()));
    CPPUNIT_ASSERT_MESSAGE(all ? "" : all.error().front(), all.has_value());
    return *std::move(all);
  }

  Mistakes mistakes_in(const std::string& text) {
    env_file(text);
    const auto all = auth::load_sections({});
    CPPUNIT_ASSERT_MESSAGE(text, !all);
    return all.error();
  }

  void gives(const std::string& expected, const std::string& text) {
    const Mistakes mistakes = mistakes_in(text);
    CPPUNIT_ASSERT_EQUAL(expected, mistakes.front());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(mistakes.back(), std::size_t{1}, mistakes.size());
  }

  void one_file_without_sections_is_one() {
    const auto all = load_all(kFirst);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, all.size());
    CPPUNIT_ASSERT(all[0].section.empty() && all[0].places.empty());
  }

  void reads_each_section() {
    const auto all = load_all(kFirst +
                              "[B.example. \t /x] # more\nZITADEL_DOMAIN=https://b.example\n"
                              "ZITADEL_CLIENT_ID=1\nZITADEL_CLIENT_SECRET=s\n" +
                              "[/y]\n" + kFirst);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, all.size());
    CPPUNIT_ASSERT_EQUAL(std::string("https://a.example"), all[0].domain);
    CPPUNIT_ASSERT_EQUAL(std::string("b.example /x"), all[1].section);
    CPPUNIT_ASSERT_EQUAL(std::string("https://b.example"), all[1].domain);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), all[1].client_id);
    CPPUNIT_ASSERT(!all[1].application_key && all[0].application_key && all[2].application_key);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, all[1].places.size());
    CPPUNIT_ASSERT(all[2].places.at(0) == (auth::Place{"", "/y"}));
  }

  void takes_over_what_stands_before_the_first_one() {
    const auto all = load_all("ZITADEL_CACHE_TTL=7\nZITADEL_REALM=r\nZITADEL_THREADS=5\n" + kFirst +
                              kSecond + "ZITADEL_CACHE_TTL=9\n");
    CPPUNIT_ASSERT_EQUAL(7L, static_cast<long>(all[0].cache_ttl.count()));
    CPPUNIT_ASSERT_EQUAL(9L, static_cast<long>(all[1].cache_ttl.count()));
    CPPUNIT_ASSERT_EQUAL(std::string("r"), all[1].realm);
    CPPUNIT_ASSERT_EQUAL(5U, all[1].threads);
  }

  void takes_over_nothing_that_is_an_instance_s() {
    const auto all = load_all(
        "ZITADEL_PROJECT_ID=1\nZITADEL_RESOURCE=https://r.example\nZITADEL_INTROSPECTION_URL="
        "https://a.example/i\n" +
        kFirst + kSecond);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), all[0].project_id);
    CPPUNIT_ASSERT(all[1].project_id.empty());
    CPPUNIT_ASSERT(all[1].resource.empty());
    CPPUNIT_ASSERT(all[1].introspection_url.empty());
  }

  void an_empty_value_brings_the_default_back() {
    const auto all = load_all("ZITADEL_GRACE=60\nZITADEL_PASS_CLAIMS=email\n" + kFirst + kSecond +
                              "ZITADEL_GRACE=\nZITADEL_PASS_CLAIMS=\n");
    CPPUNIT_ASSERT_EQUAL(60L, static_cast<long>(all[0].grace.count()));
    CPPUNIT_ASSERT_EQUAL(0L, static_cast<long>(all[1].grace.count()));
    CPPUNIT_ASSERT(all[1].pass_claims.empty());
  }

  void a_section_has_one_store() {
    const auto all =
        load_all("ZITADEL_CACHE_DIR=cache\n" + kFirst + kSecond + "ZITADEL_CACHE_URL=redis://h\n");
    CPPUNIT_ASSERT(!all[0].cache_server && all[1].cache_server);
    CPPUNIT_ASSERT(all[1].cache_dir.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes_in(kFirst + kSecond +
                                                     "ZITADEL_CACHE_DIR=cache\n"
                                                     "ZITADEL_CACHE_URL=redis://h\n")
                                             .size());
  }

  void the_environment_counts_as_if_it_stood_before_the_first_one() {
    const auto all = load_all(kFirst + "ZITADEL_REALM=file\n" + kSecond + "ZITADEL_GRACE=5\n",
                              {"ZITADEL_REALM=environment", "ZITADEL_GRACE=6"});
    CPPUNIT_ASSERT_EQUAL(std::string("environment"), all[0].realm);
    CPPUNIT_ASSERT_EQUAL(std::string("environment"), all[1].realm);
    CPPUNIT_ASSERT_EQUAL(6L, static_cast<long>(all[0].grace.count()));
    CPPUNIT_ASSERT_EQUAL(5L, static_cast<long>(all[1].grace.count()));
  }

  void what_stands_before_the_first_one_need_be_for_no_instance() {
    const auto all = load_all("ZITADEL_REALM=r\n" + kSecond);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, all.size());
    CPPUNIT_ASSERT_EQUAL(std::string("b.example"), all[0].section);
    CPPUNIT_ASSERT_EQUAL(std::string("r"), all[0].realm);
  }

  void refuses_settings_that_count_for_no_section() {
    gives(
        "API_PRIVATE_KEY_FILE_PATH (.env, line 1) counts for no section, and ZITADEL_DOMAIN does "
        "not stand before the first one: write it into the section that it is for",
        "API_PRIVATE_KEY_FILE_PATH=key.json\n" + kSecond);
    // systemd's unit sets it for whom it concerns.
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         load_all(kSecond, {"API_PRIVATE_KEY_FILE_PATH=key.json"}).size());
  }

  void refuses_settings_of_the_whole_program_in_a_section() {
    gives(
        "ZITADEL_THREADS (.env, line 6, of [b.example]) counts for the whole program: write it "
        "before the first section",
        kFirst + kSecond + "ZITADEL_THREADS=3\n");
  }

  // Whoever adds a setting has to decide.
  void each_row_says_where_it_may_stand() {
    std::set<std::string> own, whole;
    for (const auth::SettingRow& row : auth::setting_rows()) {
      if (row.part == SettingPart::kOfInstance) own.emplace(row.setting.name);
      if (row.part == SettingPart::kWholeProgram) whole.emplace(row.setting.name);
    }
    CPPUNIT_ASSERT(own ==
                   (std::set<std::string>{"API_PRIVATE_KEY_FILE_PATH", "ZITADEL_CLIENT_ID",
                                          "ZITADEL_CLIENT_SECRET", "ZITADEL_DOMAIN",
                                          "ZITADEL_EVENTS_TOKEN_FILE", "ZITADEL_INTROSPECTION_URL",
                                          "ZITADEL_PROJECT_ID", "ZITADEL_RESOURCE"}));
    CPPUNIT_ASSERT(whole == (std::set<std::string>{"ZITADEL_LOG_FILE", "ZITADEL_LOG_FORMAT",
                                                   "ZITADEL_LOG_LEVEL", "ZITADEL_THREADS"}));
  }

  void names_the_section_of_what_is_missing() {
    const Mistakes mistakes = mistakes_in(kFirst + "[b.example]\nZITADEL_REALM=r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("[b.example] (.env, line 3): ZITADEL_DOMAIN is not set: write "
                                     "the URL of your ZITADEL instance, such as "
                                     "https://my-instance.zitadel.cloud"),
                         mistakes.at(0));
    CPPUNIT_ASSERT(mistakes.at(1).starts_with(
        "[b.example] (.env, line 3): API_PRIVATE_KEY_FILE_PATH is not set: "));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, mistakes.size());
  }

  void refuses_headings_that_name_no_place() {
    gives(".env, line 3: the heading names a port: write the host alone, which counts on all ports",
          kFirst + "[b.example:8443]\n");
    gives(".env, line 3, begins a heading that is not closed: write [HOST] or [/PATH]",
          kFirst + "[b.example\n");
    gives(".env, line 3, is an empty heading: write [HOST] or [/PATH]", kFirst + "[]\n");
  }

  void refuses_a_place_that_another_section_has() {
    const std::string b = kSecond.substr(kSecond.find('\n') + 1);
    gives(
        ".env, line 6: the heading names b.example, which is in the care of .env, line 3 already: "
        "leave one of the two",
        kFirst + kSecond + "[c.example B.example.]\n" + b);
    gives(
        ".env, line 3: the heading names /, which is in the care of what stands before the first "
        "section already: leave one of the two",
        kFirst + "[/]\n" + b);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, load_all("[/]\n" + b).size());
  }

  void tells_a_mistake_that_several_take_over_once() {
    gives("ZITADEL_GRACE (.env, line 1), \"x\", is not a whole number of seconds from 0 to 86400",
          "ZITADEL_GRACE=x\n" + kFirst + kSecond);
  }

  void refuses_settings_that_repeat_in_a_section() {
    gives(
        "ZITADEL_REALM (.env, line 7, of [b.example]) is there already, in line 6: leave one of "
        "the two",
        kFirst + kSecond + "ZITADEL_REALM=a\nZITADEL_REALM=b\n");
  }

  void bounds_their_number() {
    const std::string lines = kSecond.substr(kSecond.find('\n') + 1);
    std::string text = kFirst;
    for (std::size_t i = 0; i < auth::kMostSections; ++i) {
      text += "[s" + std::to_string(i) + ".example]\n" + lines;
    }
    const auto all = load_all(text);
    CPPUNIT_ASSERT_EQUAL(auth::kMostSections + 1, all.size());
    CPPUNIT_ASSERT_EQUAL(all.size(), all.back().sections);
    gives(".env, line 99: there are more than 32 sections: run one more program",
          text + "[one-more.example]\n" + lines);
  }

  void refuses_sections_where_nobody_asks_for_one() {
    env_file(kFirst + kSecond);
    gives_mistake(
        "the settings file has sections, [b.example], which are for the hosts and paths of "
        "a web server: name a file without them",
        {});
  }

  void finds_the_files_of_all_sections() {
    const std::string text = "ZITADEL_RULES=all.rules\n" + kFirst + kSecond +
                             "[/x]\nZITADEL_RULES=x.rules\nAPI_PRIVATE_KEY_FILE_PATH=x.json\n";
    env_file(text);
    std::vector<std::string> paths;
    for (const auto& file : auth::find_setting_files({}, "")) paths.push_back(file.path);
    CPPUNIT_ASSERT(paths == (std::vector<std::string>{".env", "key.json", "all.rules", "key.json",
                                                      "x.json", "x.rules"}));
    folder_.write("x.rules", "/ token\n");
    const auto before = auth::settings_digest({}, "");
    folder_.write("x.rules", "/ public\n");
    CPPUNIT_ASSERT(before && before != auth::settings_digest({}, ""));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SectionsTest);

}  // namespace
