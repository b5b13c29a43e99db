// SPDX-License-Identifier: Apache-2.0
// The .env file, names and the environment, seen through load_settings.
#include "auth/settings/sources.h"

#include <cppunit/extensions/HelperMacros.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/unit/support/settings_fixture.h"

namespace {

using auth::Mistakes;
using auth::Settings;

class SettingSourcesTest : public support::SettingsFixture {
  CPPUNIT_TEST_SUITE(SettingSourcesTest);
  CPPUNIT_TEST(refuses_an_env_file_that_is_named_and_missing);
  CPPUNIT_TEST(refuses_an_env_file_that_cannot_be_read);
  CPPUNIT_TEST(refuses_an_env_file_with_a_secret_that_others_can_read);
  CPPUNIT_TEST(refuses_names_in_the_env_file_that_are_misspelt);
  CPPUNIT_TEST(names_what_is_meant_rather_than_what_is_spelt_alike);
  CPPUNIT_TEST(names_what_was_written_in_the_place_of_what_is_missing);
  CPPUNIT_TEST(says_nothing_is_missing_where_it_could_not_read);
  CPPUNIT_TEST(refuses_settings_that_repeat_in_the_env_file);
  CPPUNIT_TEST(refuses_an_env_file_that_names_another);
  CPPUNIT_TEST(refuses_lines_in_the_env_file_that_it_cannot_read);
  CPPUNIT_TEST(refuses_a_file_beside_the_program_that_cannot_be_read);
  CPPUNIT_TEST(refuses_a_file_beside_the_program_that_names_nothing);
  CPPUNIT_TEST(refuses_settings_in_the_file_beside_the_program);
  CPPUNIT_TEST(refuses_a_missing_env_file_that_is_named_beside_the_program);
  CPPUNIT_TEST(warns_of_names_in_the_environment_that_are_misspelt);
  CPPUNIT_TEST(names_misspelt_variables_beside_other_mistakes);
  CPPUNIT_TEST(reads_the_environment_before_the_env_file);
  CPPUNIT_TEST(reads_the_env_file_that_is_named_beside_the_program);
  CPPUNIT_TEST(asks_the_environment_before_the_file_beside_the_program);
  CPPUNIT_TEST(names_the_file_beside_the_program_after_it);
  CPPUNIT_TEST(begins_relative_paths_where_they_are_written);
  CPPUNIT_TEST(begins_relative_paths_of_a_credential_in_the_working_directory);
  CPPUNIT_TEST(shows_nothing_that_turns_or_hides_text);
  CPPUNIT_TEST(ignores_what_belongs_to_other_programs);
  CPPUNIT_TEST(reads_the_environment_of_the_process);
  CPPUNIT_TEST(knows_the_program_of_the_process);
  CPPUNIT_TEST_SUITE_END();

  void refuses_an_env_file_that_is_named_and_missing() {
    refuses("ZITADEL_ENV_FILE=none.env",
            ", \"none.env\", cannot be opened: No such file or directory");
  }

  void refuses_an_env_file_that_cannot_be_read() {
    folder_.write("large.env", std::string((64 << 10) + 1, '\n'));
    refuses("ZITADEL_ENV_FILE=large.env", ", \"large.env\", is larger than 65536 bytes");
    refuses("ZITADEL_ENV_FILE=.", ", \".\", is not a regular file");
    std::filesystem::create_directory(".env");
    gives_mistake(".env is not a regular file", working());
  }

  void refuses_an_env_file_with_a_secret_that_others_can_read() {
    const std::string text =
        "ZITADEL_DOMAIN=https://z.example\nZITADEL_CLIENT_ID=1\nZITADEL_CLIENT_SECRET=s\n";
    env_file(text, 0640);
    gives_mistake("ZITADEL_CLIENT_SECRET (.env, line 3) can be read by others: chmod 600 .env", {});
    // Also where another value is used: it lies open all the same.
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes_of({"ZITADEL_CLIENT_SECRET=other"}).size());
    env_file(text, 0600);
    load({});
    env_file(
        "ZITADEL_DOMAIN=https://z.example\nAPI_PRIVATE_KEY_FILE_PATH=key.json\n"
        "ZITADEL_CLIENT_SECRET=\n",
        0644);
    load({});
  }

  void refuses_names_in_the_env_file_that_are_misspelt() {
    const auto refuses_name = [&](const std::string& name, const std::string& hint) {
      env_file("A=1\n" + name + "=4711\n");
      gives_mistake(name + " (.env, line 2) is no setting of this program: " + hint, working());
    };
    refuses_name("ZITADEL_DOMIAN", "write ZITADEL_DOMAIN if that is meant");
    refuses_name("zitadel_domain", "write ZITADEL_DOMAIN if that is meant");
    refuses_name("ZITADEL_CLIENT_SECRETS", "write ZITADEL_CLIENT_SECRET if that is meant");
    refuses_name("ZITADEL_TIMEOUT", "write ZITADEL_TIMEOUT_MS if that is meant");
    refuses_name("ZITADEL_ENVFILE", "write ZITADEL_ENV_FILE if that is meant");
    refuses_name("API_PRIVATE_KEY_PATH", "write API_PRIVATE_KEY_FILE_PATH if that is meant");
    refuses_name("ZITADEL_SOMETHING_ELSE", "take it out");
    refuses_name("ZITADEL_", "take it out");
    const std::string name = "ZITADEL_" + std::string(1000, 'X');
    env_file(name);
    gives_mistake(
        name.substr(0, 80) + "... (.env, line 1) is no setting of this program: take it out",
        working());
  }

  void names_what_is_meant_rather_than_what_is_spelt_alike() {
    for (const auto& [name, meant] :
         {std::pair{"ZITADEL_KEY_FILE", "API_PRIVATE_KEY_FILE_PATH"},
          {"ZITADEL_KEY", "API_PRIVATE_KEY_FILE_PATH"},
          {"ZITADEL_PRIVATE_KEY_FILE_PATH", "API_PRIVATE_KEY_FILE_PATH"},
          {"ZITADEL_API_KEY_PATH", "API_PRIVATE_KEY_FILE_PATH"},
          {"ZITADEL_CLIENT_KEY_FILE", "API_PRIVATE_KEY_FILE_PATH"},
          {"API_PRIVATE_KEY", "API_PRIVATE_KEY_FILE_PATH"},
          {"ZITADEL_ISSUER", "ZITADEL_DOMAIN"},
          {"ZITADEL_URL", "ZITADEL_DOMAIN"},
          {"ZITADEL_INSTANCE_URL", "ZITADEL_DOMAIN"},
          {"ZITADEL_INTROSPECTION_ENDPOINT", "ZITADEL_INTROSPECTION_URL"},
          {"ZITADEL_SECRET", "ZITADEL_CLIENT_SECRET"},
          {"ZITADEL_PROJECT", "ZITADEL_PROJECT_ID"},
          {"ZITADEL_AUDIENCE", "ZITADEL_PROJECT_ID"},
          {"ZITADEL_CERTIFICATE", "ZITADEL_CA_FILE"},
          {"ZITADEL_CAFILE", "ZITADEL_CA_FILE"},
          {"ZITADEL_RULES_FILE", "ZITADEL_RULES"},
          {"ZITADEL_LOG", "ZITADEL_LOG_FILE"}}) {
      env_file(std::string(name) + "=4711\n");
      gives_mistake(std::string(name) + " (.env, line 1) is no setting of this program: write " +
                        meant + " if that is meant",
                    working());
    }
  }

  void names_what_was_written_in_the_place_of_what_is_missing() {
    env_file("DOMAIN=https://z.example\nPRIVATE_KEY_FILE_PATH=key.json\n");
    CPPUNIT_ASSERT((Mistakes{"ZITADEL_DOMAIN is not set, but DOMAIN (.env, line 1) is: write "
                             "ZITADEL_DOMAIN in its place if that is meant",
                             "API_PRIVATE_KEY_FILE_PATH is not set, but PRIVATE_KEY_FILE_PATH "
                             "(.env, line 2) is: write API_PRIVATE_KEY_FILE_PATH in its place if "
                             "that is meant"} == mistakes_of({})));
    env_file("");
    gives_mistake(
        "ZITADEL_DOMAIN is not set, but ISSUER_URL (environment) is: write ZITADEL_DOMAIN in its "
        "place if that is meant",
        {"API_PRIVATE_KEY_FILE_PATH=key.json", "ISSUER_URL=https://z.example"});
    gives_mistake(
        "ZITADEL_CLIENT_ID is not set, but CLIENT_ID (environment) is: write ZITADEL_CLIENT_ID in "
        "its place if that is meant",
        {"ZITADEL_DOMAIN=https://z.example", "CLIENT_ID=1", "CLIENT_SECRET=4711"});
  }

  // What is missing may stand in there.
  void says_nothing_is_missing_where_it_could_not_read() {
    gives_mistake(
        "ZITADEL_ENV_FILE (environment), \"none.env\", cannot be opened: No such file or directory",
        {"ZITADEL_ENV_FILE=none.env"});
    gives_mistake(
        "ZITADEL_ENV_FILE (environment) is in quotes, as docker --env-file leaves them: "
        "write it without",
        {"ZITADEL_ENV_FILE='.env'"});
    std::filesystem::create_directory(".env");
    gives_mistake(".env is not a regular file", {});
    std::filesystem::remove(".env");
    env_file("ZITADEL_DOMAIN https://z.example\nAPI_PRIVATE_KEY_FILE_PATH=key.json\n");
    gives_mistake(".env, line 1: ZITADEL_DOMAIN has no '=' after the name", {});
    env_file("ZITADEL_DOMAIN=https://z.example\nAPI_PRIVATE_KEY_FILE_PATH='key.json\n");
    gives_mistake(".env, line 2: API_PRIVATE_KEY_FILE_PATH opens a quote that is never closed", {});
    env_file(std::string_view("Z\0I\0", 4));
    gives_mistake(".env, line 1, holds a zero byte: save the file as UTF-8, not as UTF-16", {});
    program_ = "www/api.fcgi";
    folder_.write("www/api.env", "ZITADEL_ENV_FILE=\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes_of({}).size());
    std::filesystem::remove("www/api.env");
    // A mistake that was read is still told.
    CPPUNIT_ASSERT_EQUAL(std::size_t{2},
                         mistakes_of({"ZITADEL_ENV_FILE=none.env", "ZITADEL_THREADS=many"}).size());
  }

  void refuses_settings_that_repeat_in_the_env_file() {
    env_file("ZITADEL_REALM=a\nB=1\nB=2\nZITADEL_REALM=a\n");
    gives_mistake("ZITADEL_REALM (.env, line 4) is there already, in line 1: leave one of the two",
                  working());
  }

  void refuses_an_env_file_that_names_another() {
    env_file("ZITADEL_ENV_FILE=other.env");
    gives_mistake(
        "ZITADEL_ENV_FILE (.env, line 1) has no effect in a .env file: set it in the environment",
        working());
  }

  void refuses_lines_in_the_env_file_that_it_cannot_read() {
    env_file("ZITADEL_REALM 'a'\nMIIEpA 4711\n");
    const Mistakes mistakes = mistakes_of(working());
    CPPUNIT_ASSERT((Mistakes{".env, line 1: ZITADEL_REALM has no '=' after the name",
                             ".env, line 2, has no '=' after the name"} == mistakes));
  }

  void refuses_a_file_beside_the_program_that_cannot_be_read() {
    program_ = "www/api.fcgi";
    std::filesystem::create_directories("www/api.env");
    // Not .env in the working directory either: it may be another's.
    env_file("ZITADEL_REALM=file\n");
    gives_mistake("www/api.env is not a regular file", working());
    std::filesystem::remove("www/api.env");
    folder_.write("www/api.env", std::string((64 << 10) + 1, '\n'));
    gives_mistake("www/api.env is larger than 65536 bytes", working());
  }

  void refuses_a_file_beside_the_program_that_names_nothing() {
    program_ = "www/api.fcgi";
    const std::string text = "www/api.env names no settings: write ZITADEL_ENV_FILE=/path/to/.env";
    for (const char* content : {"", "# nothing\n", "ZITADEL_ENV_FILE=\n"}) {
      folder_.write("www/api.env", content);
      gives_mistake(text, working());
    }
    folder_.write("www/api.env", "ZITADEL_ENV_FILE '/a/.env'\n");
    CPPUNIT_ASSERT((Mistakes{"www/api.env, line 1: ZITADEL_ENV_FILE has no '=' after the name",
                             text} == mistakes_of(working())));
  }

  void refuses_settings_in_the_file_beside_the_program() {
    program_ = "www/api.fcgi";
    folder_.write("settings.env", "");
    folder_.write("www/api.env",
                  "ZITADEL_CLIENT_SECRET=4711\nZITADEL_ENV_FILE=../settings.env\n"
                  "ZITADEL_ENV_FILE=other.env\n");
    CPPUNIT_ASSERT((
        Mistakes{"ZITADEL_CLIENT_SECRET (www/api.env, line 1) does not belong here: write it into "
                 "the file that ZITADEL_ENV_FILE names",
                 "ZITADEL_ENV_FILE (www/api.env, line 3) is there already: leave one of the two"} ==
        mistakes_of(working())));
  }

  void refuses_a_missing_env_file_that_is_named_beside_the_program() {
    program_ = "www/api.fcgi";
    folder_.write("www/api.env", "ZITADEL_ENV_FILE=/none/.env\n");
    env_file("ZITADEL_REALM=file\n");
    gives_mistake(
        "ZITADEL_ENV_FILE (www/api.env, line 1), \"/none/.env\", cannot be opened: No such file or "
        "directory",
        working());
  }

  void warns_of_names_in_the_environment_that_are_misspelt() {
    const Settings settings = load(working_with(
        {"ZITADEL_REALMS=4711", "zitadel_threads=3", "ZITADEL_PORT_8080_TCP=tcp://10.0.0.1:8080"}));
    CPPUNIT_ASSERT((Mistakes{"ZITADEL_REALMS (environment) is no setting of this program: write "
                             "ZITADEL_REALM if that is meant",
                             "zitadel_threads (environment) is no setting of this program: write "
                             "ZITADEL_THREADS if that is meant",
                             "ZITADEL_PORT_8080_TCP (environment) is no setting of this program: "
                             "take it out"} == settings.warnings));
    CPPUNIT_ASSERT_EQUAL(std::string("zitadel"), settings.realm);
  }

  void names_misspelt_variables_beside_other_mistakes() {
    const Mistakes mistakes =
        mistakes_of({"ZITADEL_DOMIAN=https://z.example", "API_PRIVATE_KEY_FILE_PATH=key.json"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, mistakes.size());
    CPPUNIT_ASSERT_EQUAL(std::string("ZITADEL_DOMIAN (environment) is no setting of this program: "
                                     "write ZITADEL_DOMAIN if that is meant"),
                         mistakes[1]);
  }

  void reads_the_environment_before_the_env_file() {
    env_file(
        "export ZITADEL_DOMAIN='https://file.example' # c\r\n"
        "API_PRIVATE_KEY_FILE_PATH=\"key.json\"\r\nZITADEL_REALM=file\r\n");
    const Settings settings = load({"ZITADEL_REALM=environment"});
    CPPUNIT_ASSERT_EQUAL(std::string("https://file.example"), settings.domain);
    CPPUNIT_ASSERT_EQUAL(std::string("environment"), settings.realm);
    folder_.write("other.env", "ZITADEL_REALM=other\n");
    CPPUNIT_ASSERT_EQUAL(std::string("other"),
                         load(working_with({"ZITADEL_ENV_FILE=other.env"})).realm);
  }

  void reads_the_env_file_that_is_named_beside_the_program() {
    program_ = "www/api.fcgi";
    env_file("ZITADEL_REALM=working-directory\n");
    CPPUNIT_ASSERT_EQUAL(std::string("working-directory"), load(working()).realm);
    folder_.write("private/.env", "ZITADEL_REALM=private\n");
    folder_.write("www/api.env", "# where\nZITADEL_ENV_FILE=../private/.env\n", 0644);
    CPPUNIT_ASSERT_EQUAL(std::string("private"), load(working()).realm);
    folder_.write("www/api.env",
                  "ZITADEL_ENV_FILE='" + (folder_.path() / "private/.env").string() + "'\n");
    CPPUNIT_ASSERT_EQUAL(std::string("private"), load(working()).realm);
  }

  void asks_the_environment_before_the_file_beside_the_program() {
    program_ = "www/api.fcgi";
    folder_.write("www/api.env", "ZITADEL_ENV_FILE=/none/.env\n");
    folder_.write("other.env", "ZITADEL_REALM=other\n");
    CPPUNIT_ASSERT_EQUAL(std::string("other"),
                         load(working_with({"ZITADEL_ENV_FILE=other.env"})).realm);
  }

  void names_the_file_beside_the_program_after_it() {
    const auto reads = [&](const std::string& program, const std::string& file) {
      program_ = program;
      folder_.write(file, "ZITADEL_ENV_FILE=none.env\n");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(program, std::size_t{1}, mistakes_of(working()).size());
      std::filesystem::remove(file);
      CPPUNIT_ASSERT_EQUAL(std::string("zitadel"), load(working()).realm);
    };
    reads("a.b/api", "a.b/api.env");
    reads("a.b/api.v2.cgi", "a.b/api.v2.env");
    reads("a.b/.api", "a.b/.api.env");
    reads("api.fcgi (deleted)", "api.env");  // as Linux calls a program that was replaced
  }

  void begins_relative_paths_where_they_are_written() {
    std::filesystem::rename("key.json", "moved.json");
    folder_.write("conf/key.json", support::application_key_file());
    folder_.write("conf/ca.pem", "-----BEGIN CERTIFICATE-----\n");
    folder_.write("conf/.env", "API_PRIVATE_KEY_FILE_PATH=key.json\nZITADEL_CA_FILE=./ca.pem\n");
    const std::string domain = "ZITADEL_DOMAIN=https://z.example";
    const Settings settings = load({domain, "ZITADEL_ENV_FILE=conf/.env"});
    CPPUNIT_ASSERT_EQUAL(std::string("conf/./ca.pem"), settings.ca_file);
    load({domain, "ZITADEL_ENV_FILE=" + (folder_.path() / "conf/.env").string()});
    load({domain, "API_PRIVATE_KEY_FILE_PATH=moved.json", "ZITADEL_ENV_FILE=conf/.env"});
    load({domain, "API_PRIVATE_KEY_FILE_PATH=" + (folder_.path() / "moved.json").string()});
    const std::string whole = (folder_.path() / "moved.json").string();
    folder_.write("conf/whole.env", "API_PRIVATE_KEY_FILE_PATH=" + whole);
    load({domain, "ZITADEL_ENV_FILE=conf/whole.env"});
    // What the environment names lies in the working directory, whatever .env file is read.
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes_of({domain, "API_PRIVATE_KEY_FILE_PATH=key.json",
                                                      "ZITADEL_ENV_FILE=conf/.env"})
                                             .size());
  }

  void begins_relative_paths_of_a_credential_in_the_working_directory() {
    folder_.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    folder_.write("run/credentials/api.env", "ZITADEL_CA_FILE=ca.pem\n");
    const std::string credentials = (folder_.path() / "run/credentials").string();
    const std::vector<std::string> variables = {"ZITADEL_DOMAIN=https://z.example",
                                                "API_PRIVATE_KEY_FILE_PATH=key.json",
                                                "ZITADEL_ENV_FILE=" + credentials + "/api.env"};
    std::vector<std::string> with_credentials = variables;
    with_credentials.push_back("CREDENTIALS_DIRECTORY=" + credentials);
    CPPUNIT_ASSERT_EQUAL(std::string("ca.pem"), load(with_credentials).ca_file);
    // Without systemd, or where its folder is another one, the file's own folder counts.
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes_of(variables).size());
    with_credentials.back() = "CREDENTIALS_DIRECTORY=" + credentials.substr(0, 8);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes_of(with_credentials).size());
  }

  void shows_nothing_that_turns_or_hides_text() {
    refuses("ZITADEL_GRACE=a\u202eb\u200bc\xff",
            ", \"a?b?c?\", is not a whole number of seconds from 0 to 86400");
  }

  void ignores_what_belongs_to_other_programs() {
    env_file(
        "DATABASE_URL=postgres://u:p@h/d\nPORT=80\nPORT=81\nDOMAIN=a\nMY_ZITADEL_DOMAIN=b\n"
        "API_KEY=\"multi\nline\"\n",
        0644);
    const Settings settings = load(working_with({"PATH=/bin", "HOME", "", "=::=", "ZITADEL=1"}));
    CPPUNIT_ASSERT(settings.warnings.empty());
  }

  void reads_the_environment_of_the_process() {
    CPPUNIT_ASSERT_EQUAL(0, ::setenv("ZITADEL_FCGI_TEST", "4711", 1));
    const auth::Environment environment = auth::process_environment();
    const auto count = std::count(environment.begin(), environment.end(), "ZITADEL_FCGI_TEST=4711");
    CPPUNIT_ASSERT_EQUAL(0, ::unsetenv("ZITADEL_FCGI_TEST"));
    CPPUNIT_ASSERT_EQUAL(decltype(count){1}, count);
  }

  void knows_the_program_of_the_process() {
    CPPUNIT_ASSERT_EQUAL(std::string("unit_tests"),
                         std::filesystem::path(auth::process_program()).filename().string());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SettingSourcesTest);

}  // namespace
