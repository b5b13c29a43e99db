// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/load.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "auth/settings/rows.h"
#include "tests/unit/support/settings_fixture.h"

namespace {

using auth::Mistakes;
using auth::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SettingsTest : public support::SettingsFixture {
  CPPUNIT_TEST_SUITE(SettingsTest);
  CPPUNIT_TEST(refuses_to_start_with_nothing_set);
  CPPUNIT_TEST(takes_an_empty_value_for_none);
  CPPUNIT_TEST(refuses_domains_that_are_no_https_url);
  CPPUNIT_TEST(refuses_a_domain_with_more_than_a_host);
  CPPUNIT_TEST(refuses_a_name_for_a_projects_id);
  CPPUNIT_TEST(refuses_values_in_quotes);
  CPPUNIT_TEST(refuses_plain_http_to_another_machine);
  CPPUNIT_TEST(refuses_an_introspection_url_like_a_domain);
  CPPUNIT_TEST(refuses_both_ways_to_authenticate_at_once);
  CPPUNIT_TEST(refuses_half_a_way_to_authenticate);
  CPPUNIT_TEST(refuses_to_judge_jwts_without_knowing_whom_they_are_meant_for);
  CPPUNIT_TEST(refuses_to_introspect_without_a_way_to_authenticate);
  CPPUNIT_TEST(refuses_a_key_file_that_cannot_be_used);
  CPPUNIT_TEST(refuses_what_is_no_path);
  CPPUNIT_TEST(refuses_a_ca_file_without_certificates);
  CPPUNIT_TEST(refuses_a_token_file_without_a_token);
  CPPUNIT_TEST(refuses_a_token_file_that_others_can_read);
  CPPUNIT_TEST(takes_a_token_or_a_key_to_ask_for_events);
  CPPUNIT_TEST(answers_live_longer_where_events_end_them);
  CPPUNIT_TEST(refuses_numbers_out_of_range_or_with_units);
  CPPUNIT_TEST(refuses_origins_that_no_browser_sends);
  CPPUNIT_TEST(refuses_a_cache_url_of_no_redis_server);
  CPPUNIT_TEST(refuses_a_folder_and_a_server_for_the_cache);
  CPPUNIT_TEST(refuses_a_header_without_proxies_that_are_believed);
  CPPUNIT_TEST(refuses_what_is_no_list_of_proxies);
  CPPUNIT_TEST(reads_where_tokens_may_stand);
  CPPUNIT_TEST(warns_where_nobody_is_refused);
  CPPUNIT_TEST(tells_what_counts_instead_of_a_number_of_tokens);
  CPPUNIT_TEST(refuses_a_log_file_that_the_web_server_would_show);
  CPPUNIT_TEST(finds_the_log_file_whatever_else_is_wrong);
  CPPUNIT_TEST(takes_the_audit_from_where_the_log_does_not_go);
  CPPUNIT_TEST(refuses_words_that_are_no_choice);
  CPPUNIT_TEST(refuses_characters_that_do_not_belong);
  CPPUNIT_TEST(refuses_values_that_are_too_long);
  CPPUNIT_TEST(gives_all_mistakes_together);
  CPPUNIT_TEST(never_shows_a_secret);
  CPPUNIT_TEST(authenticates_with_a_key_file);
  CPPUNIT_TEST(authenticates_with_id_and_secret);
  CPPUNIT_TEST(judges_jwts_without_authenticating);
  CPPUNIT_TEST(takes_domains_as_issuers_write_them);
  CPPUNIT_TEST(takes_plain_http_where_it_is_safe_or_meant);
  CPPUNIT_TEST(takes_the_password_of_a_cache_server_from_a_private_file_only);
  CPPUNIT_TEST(reads_every_setting);
  CPPUNIT_TEST(takes_the_ends_of_each_range);
  CPPUNIT_TEST_SUITE_END();

  void refuses_to_start_with_nothing_set() {
    const Mistakes mistakes = mistakes_of({});
    CPPUNIT_ASSERT(
        (Mistakes{"ZITADEL_DOMAIN is not set: write the URL of your ZITADEL instance, such as "
                  "https://my-instance.zitadel.cloud",
                  "API_PRIVATE_KEY_FILE_PATH is not set: write the path of the API application's "
                  "key file, or set ZITADEL_CLIENT_ID and ZITADEL_CLIENT_SECRET instead"} ==
         mistakes));
  }

  void takes_an_empty_value_for_none() {
    env_file("ZITADEL_DOMAIN=\nAPI_PRIVATE_KEY_FILE_PATH=''\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, mistakes_of({"ZITADEL_DOMAIN="}).size());
    env_file("ZITADEL_DOMAIN=https://file.example\nZITADEL_THREADS=\n");
    CPPUNIT_ASSERT_EQUAL(
        std::string("https://file.example"),
        load({"ZITADEL_DOMAIN=", "API_PRIVATE_KEY_FILE_PATH=key.json", "ZITADEL_REALM="}).domain);
    CPPUNIT_ASSERT_EQUAL(std::string("zitadel"), load(working_with({"ZITADEL_REALM="})).realm);
  }

  void refuses_domains_that_are_no_https_url() {
    refuses("ZITADEL_DOMAIN=my.zitadel.cloud",
            ", \"my.zitadel.cloud\", has no scheme: write https://my.zitadel.cloud");
    refuses("ZITADEL_DOMAIN=localhost:8080",
            ", \"localhost:8080\", has no scheme: write https://localhost:8080");
    refuses("ZITADEL_DOMAIN=https://z.example/.well-known/openid-configuration",
            ", \"https://z.example/.well-known/openid-configuration\", is the discovery document's "
            "URL: write https://z.example");
    for (const char* text : {"ftp://z.example", "https://", "https:///", "https:/z.example", "/",
                             "https://z.example:0", "https://z example", "https://z.example#a"}) {
      const Mistakes mistakes = mistakes_of(working_with({"ZITADEL_DOMAIN=" + std::string(text)}));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::size_t{1}, mistakes.size());
      CPPUNIT_ASSERT_MESSAGE(mistakes[0], mistakes[0].starts_with("ZITADEL_DOMAIN (environment)"));
    }
  }

  void refuses_a_domain_with_more_than_a_host() {
    for (const char* path : {"/ui/console", "/realms/a/", "/oauth/v2/introspect", "//a", "/%61"}) {
      const std::string domain = "https://z.example:8443" + std::string(path);
      refuses("ZITADEL_DOMAIN=" + domain,
              ", \"" + domain +
                  "\", has a path, which no instance's URL has: write https://z.example:8443");
    }
    refuses("ZITADEL_DOMAIN=https://z.example?org=1",
            " holds a query; write it without what begins at '?'");
    refuses("ZITADEL_DOMAIN=https://z.example/?org=1",
            " holds a query; write it without what begins at '?'");
    refuses(
        "ZITADEL_DOMAIN=https://z.example/#login",
        ", \"https://z.example/#login\", holds a fragment; write it without what begins at '#'");
    refuses("ZITADEL_DOMAIN=https://me:secret@z.example",
            " holds a user name or password; write it without what stands before '@'");
    refuses("ZITADEL_DOMAIN=https://me@z.example/",
            " holds a user name or password; write it without what stands before '@'");
  }

  void refuses_a_name_for_a_projects_id() {
    for (const char* text : {"my-project", "Shop", "338273918163681283:aud", "-1", "1.5", "0x1"}) {
      refuses("ZITADEL_PROJECT_ID=" + std::string(text),
              ", \"" + std::string(text) +
                  "\", is no project's id, for that is a number: write the Resource Id that "
                  "ZITADEL's console shows on the project's page, not the project's name");
    }
    for (const char* text : {"338273918163681283", "0", "zitadel"}) {
      CPPUNIT_ASSERT_EQUAL(
          std::string(text),
          load(working_with({"ZITADEL_PROJECT_ID=" + std::string(text)})).project_id);
    }
  }

  // docker --env-file takes a line as it is, and a .env file may hold quotes in quotes.
  void refuses_values_in_quotes() {
    const std::string problem = " is in quotes, as docker --env-file leaves them: write it without";
    for (const auth::SettingRow& row : auth::setting_rows()) {
      const std::string name(row.setting.name);
      for (const char* value : {"\"1\"", "'1'", "\"\"", "''", "'a\"b'"}) {
        const std::string shown = row.setting.secret ? "" : ", \"" + std::string(value) + "\",";
        const Mistakes mistakes = mistakes_of(working_with({name + '=' + value}));
        CPPUNIT_ASSERT_EQUAL(name + " (environment)" + shown + problem, mistakes[0]);
      }
    }
    refuses("ZITADEL_DOMAIN=\"https://z.example\"", ", \"\"https://z.example\"\"," + problem);
    gives_mistake("ZITADEL_ENV_FILE (environment)" + problem,
                  working_with({"ZITADEL_ENV_FILE=\"/etc/api.env\""}));
    env_file("ZITADEL_REALM='\"mine\"'\n");
    gives_mistake("ZITADEL_REALM (.env, line 1), \"\"mine\"\"," + problem, working());
    env_file("ZITADEL_REALM='the \"API\"'\nZITADEL_CLIENT_ID=\n");
    CPPUNIT_ASSERT_EQUAL(std::string("the \"API\""), load(working()).realm);
  }

  void refuses_plain_http_to_another_machine() {
    const std::string problem =
        ", \"http://z.example\", begins with http:// and does not name this machine: tokens would "
        "cross the network unprotected; write https://, or set ZITADEL_ALLOW_HTTP=1 where that is "
        "meant";
    refuses("ZITADEL_DOMAIN=http://z.example", problem);
    refuses("ZITADEL_INTROSPECTION_URL=http://z.example", problem);
    gives_mistake("ZITADEL_DOMAIN (environment)" + problem,
                  working_with({"ZITADEL_DOMAIN=http://z.example", "ZITADEL_ALLOW_HTTP=0"}));
  }

  void refuses_an_introspection_url_like_a_domain() {
    refuses("ZITADEL_INTROSPECTION_URL=z.example/oauth/v2/introspect",
            ", \"z.example/oauth/v2/introspect\", has no scheme: write "
            "https://z.example/oauth/v2/introspect");
    refuses("ZITADEL_INTROSPECTION_URL=https://z.example/?a=b",
            " holds a query; write it without what begins at '?'");
  }

  void refuses_both_ways_to_authenticate_at_once() {
    const std::string instead =
        ": write the key's path for an API application with the method Private Key JWT, or client "
        "id and secret for one with the method Basic, not both";
    const std::string key = "API_PRIVATE_KEY_FILE_PATH (environment) is set beside ";
    gives_mistake(key + "ZITADEL_CLIENT_ID (environment)" + instead,
                  working_with({"ZITADEL_CLIENT_ID=1", "ZITADEL_CLIENT_SECRET=s"}));
    gives_mistake(key + "ZITADEL_CLIENT_ID (environment)" + instead,
                  working_with({"ZITADEL_CLIENT_ID=1"}));
    env_file("\n\nZITADEL_CLIENT_SECRET=s");
    gives_mistake(key + "ZITADEL_CLIENT_SECRET (.env, line 3)" + instead, working());
  }

  void refuses_half_a_way_to_authenticate() {
    gives_mistake(
        "ZITADEL_CLIENT_SECRET is not set, but ZITADEL_CLIENT_ID (environment) is: write both, or "
        "API_PRIVATE_KEY_FILE_PATH instead",
        {"ZITADEL_DOMAIN=https://z.example", "ZITADEL_CLIENT_ID=1"});
    gives_mistake(
        "ZITADEL_CLIENT_ID is not set, but ZITADEL_CLIENT_SECRET (environment) is: write both, or "
        "API_PRIVATE_KEY_FILE_PATH instead",
        {"ZITADEL_DOMAIN=https://z.example", "ZITADEL_CLIENT_SECRET=1"});
  }

  void refuses_to_judge_jwts_without_knowing_whom_they_are_meant_for() {
    const std::string domain = "ZITADEL_DOMAIN=https://z.example";
    const std::string jwt = "ZITADEL_VALIDATION=jwt";
    gives_mistake(
        "ZITADEL_PROJECT_ID is not set: with ZITADEL_VALIDATION=jwt, write the id of the project "
        "that tokens must be meant for, or the client id of this API into ZITADEL_CLIENT_ID",
        {domain, jwt});
    gives_mistake(
        "ZITADEL_CLIENT_ID is not set, but ZITADEL_CLIENT_SECRET (environment) is: write both, or "
        "API_PRIVATE_KEY_FILE_PATH instead",
        {domain, jwt, "ZITADEL_PROJECT_ID=1", "ZITADEL_CLIENT_SECRET=s"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         mistakes_of(working_with({jwt, "ZITADEL_CLIENT_ID=1"})).size());
  }

  void refuses_to_introspect_without_a_way_to_authenticate() {
    for (const char* mode : {"introspection", "jwt-or-introspection"}) {
      const Mistakes mistakes =
          mistakes_of({"ZITADEL_DOMAIN=https://z.example", "ZITADEL_PROJECT_ID=1",
                       "ZITADEL_VALIDATION=" + std::string(mode)});
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes.size());
      CPPUNIT_ASSERT_MESSAGE(mistakes[0],
                             mistakes[0].starts_with("API_PRIVATE_KEY_FILE_PATH is not set"));
    }
  }

  void refuses_a_key_file_that_cannot_be_used() {
    refuses("API_PRIVATE_KEY_FILE_PATH=none.json",
            ", \"none.json\", cannot be used: none.json: cannot be opened: No such file or "
            "directory");
    folder_.write("user.json", support::service_user_key_file());
    folder_.write("open.json", support::application_key_file(), 0644);
    folder_.write("broken.json", "{");
    for (const auto& [name, expected] : {std::pair{"user.json", "this is a service user's key"},
                                         {"open.json", "chmod 600 open.json"},
                                         {"broken.json", "this is not JSON"},
                                         {".", "is not a regular file"}}) {
      const Mistakes mistakes =
          mistakes_of(working_with({"API_PRIVATE_KEY_FILE_PATH=" + std::string(name)}));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::size_t{1}, mistakes.size());
      CPPUNIT_ASSERT_MESSAGE(mistakes[0], mistakes[0].find(expected) != std::string::npos);
    }
  }

  void refuses_what_is_no_path() {
    const std::string content =
        " is no path of a file: write where the file lies, not what it holds";
    refuses("API_PRIVATE_KEY_FILE_PATH={\"type\":\"application\"}", content);
    refuses("API_PRIVATE_KEY_FILE_PATH=-----BEGIN RSA PRIVATE KEY-----", content);
    refuses("ZITADEL_CA_FILE=-----BEGIN CERTIFICATE-----", content);
    refuses("ZITADEL_EVENTS_TOKEN_FILE=" + std::string(71, 'p'), content);
    refuses("ZITADEL_CACHE_DIR=redis://user:password@host", content);
    const std::string mistake =
        mistakes_of(working_with({"API_PRIVATE_KEY_FILE_PATH=" + std::string(1025, 'M')})).at(0);
    CPPUNIT_ASSERT_MESSAGE(mistake, mistake.ends_with(content));
    refuses("API_PRIVATE_KEY_FILE_PATH=~/key.json",
            ", \"~/key.json\", begins with '~', which only a shell knows: write it in full");
  }

  void refuses_a_ca_file_without_certificates() {
    refuses("ZITADEL_CA_FILE=none.pem",
            ", \"none.pem\", cannot be used: none.pem cannot be opened: No such file or directory");
    refuses("ZITADEL_CA_FILE=key.json",
            ", \"key.json\", holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
    refuses("ZITADEL_CA_FILE=.", ", \".\", cannot be used: . is not a regular file");
  }

  void refuses_a_token_file_without_a_token() {
    refuses("ZITADEL_EVENTS_TOKEN_FILE=none",
            ", \"none\", cannot be used: none cannot be opened: No such file or directory");
    for (const char* text : {"", "\n", "two words", "line\nline", "caf\xc3\xa9"}) {
      folder_.write("token", text);
      refuses("ZITADEL_EVENTS_TOKEN_FILE=token",
              ", \"token\", cannot be used: token holds neither a personal access token nor a "
              "service user's key");
    }
    const std::string mistake =
        mistakes_of(working_with({"ZITADEL_EVENTS_TOKEN_FILE=key.json"})).at(0);
    CPPUNIT_ASSERT_MESSAGE(mistake, mistake.find("application") != std::string::npos);
    refuses("ZITADEL_EVENTS_INTERVAL_MS=99",
            ", \"99\", is not a whole number of milliseconds from 100 to 2000");
  }

  void refuses_a_token_file_that_others_can_read() {
    folder_.write("token", "the-token", 0644);
    const std::string mistake =
        mistakes_of(working_with({"ZITADEL_EVENTS_TOKEN_FILE=token"})).at(0);
    CPPUNIT_ASSERT_MESSAGE(mistake, mistake.find("chmod 600 token") != std::string::npos);
    CPPUNIT_ASSERT(mistake.find("the-token") == std::string::npos);
  }

  void takes_a_token_or_a_key_to_ask_for_events() {
    CPPUNIT_ASSERT(!load(working()).events_token);
    folder_.write("token", "the-token\n");
    const Settings settings =
        load(working_with({"ZITADEL_EVENTS_TOKEN_FILE=token", "ZITADEL_EVENTS_INTERVAL_MS=200"}));
    CPPUNIT_ASSERT_EQUAL(std::string("the-token"),
                         std::string(std::get<auth::Secret>(*settings.events_token).reveal()));
    CPPUNIT_ASSERT(settings.events_interval == milliseconds(200));
    folder_.write("user.json", support::service_user_key_file());
    const Settings with_key = load(working_with({"ZITADEL_EVENTS_TOKEN_FILE=user.json"}));
    CPPUNIT_ASSERT_EQUAL(std::string("444"),
                         std::get<auth::ServiceUserKey>(*with_key.events_token).user_id);
  }

  void answers_live_longer_where_events_end_them() {
    folder_.write("token", "the-token");
    const std::string token = "ZITADEL_EVENTS_TOKEN_FILE=token";
    CPPUNIT_ASSERT(load(working()).cache_ttl == seconds(30));
    CPPUNIT_ASSERT(load(working_with({token})).cache_ttl == seconds(300));
    CPPUNIT_ASSERT(load(working_with({token, "ZITADEL_CACHE_TTL=30"})).cache_ttl == seconds(30));
    CPPUNIT_ASSERT(
        load(working_with({token, "ZITADEL_VALIDATION=jwt", "ZITADEL_PROJECT_ID=1"})).cache_ttl ==
        seconds(30));
  }

  void refuses_numbers_out_of_range_or_with_units() {
    for (const char* text : {"9", "60001", "-1", "5s", "5000ms", "5_000", "0x10", "1e3", "5.0",
                             "+50", " 50", "50 ", "five", "99999999999999999999"}) {
      refuses("ZITADEL_TIMEOUT_MS=" + std::string(text),
              ", \"" + std::string(text) +
                  "\", is not a whole number of milliseconds from 10 to 60000");
    }
    refuses("ZITADEL_CACHE_TTL=3601",
            ", \"3601\", is not a whole number of seconds from 0 to 3600");
    refuses("ZITADEL_GRACE=86401", ", \"86401\", is not a whole number of seconds from 0 to 86400");
    refuses("ZITADEL_THREADS=0", ", \"0\", is not a whole number from 1 to 64");
    refuses("ZITADEL_CACHE_MAX_BYTES=1000",
            ", \"1000\", is not a whole number of bytes from 4194304 to 68719476736");
    for (const char* text : {"1023", "65537", "16k", "0"}) {
      refuses("ZITADEL_MAX_TOKEN_BYTES=" + std::string(text),
              ", \"" + std::string(text) + "\", is not a whole number of bytes from 1024 to 65536");
    }
    for (const char* name :
         {"ZITADEL_MAX_IN_FLIGHT", "ZITADEL_MAX_CONNECTIONS", "ZITADEL_MAX_PARKED"}) {
      refuses(std::string(name) + "=0", ", \"0\", is not a whole number from 1 to 65536");
    }
    refuses("ZITADEL_CONNECT_TIMEOUT_MS=0",
            ", \"0\", is not a whole number of milliseconds from 10 to 60000");
  }

  void refuses_origins_that_no_browser_sends() {
    for (const char* text : {"app.example", "https://app.example/", "https://App.example", "null",
                             "https://a.example,https://b.example", "https://a.example *."}) {
      refuses("ZITADEL_CORS_ORIGINS=" + std::string(text),
              ", \"" + std::string(text) +
                  "\", is not a list of origins as browsers send them: write \"*\", or "
                  "https://HOST[:PORT] in lower case and without a path, separated by blanks");
    }
  }

  void refuses_a_cache_url_of_no_redis_server() {
    refuses("ZITADEL_CACHE_URL=localhost:6379",
            " is not a URL of the form redis://HOST or unix:/PATH");
    refuses("ZITADEL_CACHE_URL=rediss://cache.example",
            " asks for TLS, which is not supported: use a Unix socket or a tunnel");
    refuses("ZITADEL_CACHE_URL=redis://cache.example/one",
            " names a database that is not a number, such as 0");
    refuses("ZITADEL_CACHE_URL=unix:run/redis.sock",
            " names no absolute path: write unix:/PATH, and special characters as %XX");
  }

  void refuses_a_folder_and_a_server_for_the_cache() {
    env_file("ZITADEL_CACHE_URL=unix:/run/redis.sock\n");
    gives_mistake(
        "ZITADEL_CACHE_DIR (environment) is set beside ZITADEL_CACHE_URL (.env, line 1): write the "
        "folder for processes of one machine, or the URL of a server for those of several, not "
        "both",
        working_with({"ZITADEL_CACHE_DIR=cache"}));
  }

  void refuses_a_header_without_proxies_that_are_believed() {
    gives_mistake(
        "ZITADEL_TRUSTED_PROXIES is not set, but ZITADEL_CLIENT_ADDRESS_HEADER (environment) is: "
        "write both, the header and the addresses of the proxies that are believed when they send "
        "it",
        working_with({"ZITADEL_CLIENT_ADDRESS_HEADER=X-Forwarded-For"}));
    gives_mistake(
        "ZITADEL_CLIENT_ADDRESS_HEADER is not set, but ZITADEL_TRUSTED_PROXIES (environment) is: "
        "write both, the header and the addresses of the proxies that are believed when they send "
        "it",
        working_with({"ZITADEL_TRUSTED_PROXIES=10.0.0.1"}));
  }

  void reads_where_tokens_may_stand() {
    const auto usual = load(working());
    CPPUNIT_ASSERT(usual.token_cookie.empty() && !usual.token_websocket);
    const auto more =
        load(working_with({"ZITADEL_TOKEN_COOKIE=__Host-token", "ZITADEL_TOKEN_WEBSOCKET=on"}));
    CPPUNIT_ASSERT_EQUAL(std::string("__Host-token"), more.token_cookie);
    CPPUNIT_ASSERT(more.token_websocket);
    for (const char* name : {"a b", "a=b", "a;b", "a,b", "\xc3\xa4", "a:b", "a/b", "(a)"}) {
      gives_mistake(
          "ZITADEL_TOKEN_COOKIE (environment), \"" + std::string(name) +
              "\", is not the name of a cookie, such as __Host-token: write the name alone",
          working_with({"ZITADEL_TOKEN_COOKIE=" + std::string(name)}));
    }
  }

  void warns_where_nobody_is_refused() {
    CPPUNIT_ASSERT(load(working()).mode == auth::Mode::kEnforce);
    CPPUNIT_ASSERT(load(working_with({"ZITADEL_MODE=enforce"})).warnings.empty());
    const auto reporting = load(working_with({"ZITADEL_MODE=report"}));
    CPPUNIT_ASSERT(reporting.mode == auth::Mode::kReport);
    CPPUNIT_ASSERT(reporting.warnings.at(0).find("THE RULES REFUSE NOBODY") != std::string::npos);
    gives_mistake("ZITADEL_MODE (environment), \"Report\", is not one of enforce and report",
                  working_with({"ZITADEL_MODE=Report"}));
  }

  void refuses_what_is_no_list_of_proxies() {
    for (const char* text :
         {"10.0.0.1,10.0.0.2", "10.0.0.0/33", "10.0.0.1/8", "proxy.example", "10.0.0.1 all", "*",
          "2001:db8::/129", "10.0.0.0/", "::1/-1", "10.0.0.0/08"}) {
      gives_mistake("ZITADEL_TRUSTED_PROXIES (environment), \"" + std::string(text) +
                        "\", is not a list of IP addresses and prefixes, such as 10.0.0.0/8 or "
                        "2001:db8::1, separated by blanks",
                    working_with({"ZITADEL_CLIENT_ADDRESS_HEADER=X-Real-IP",
                                  "ZITADEL_TRUSTED_PROXIES=" + std::string(text)}));
    }
    const auto refuses_header = [&](const std::string& header, const std::string& problem) {
      gives_mistake("ZITADEL_CLIENT_ADDRESS_HEADER (environment), \"" + header + "\", " + problem,
                    working_with({"ZITADEL_CLIENT_ADDRESS_HEADER=" + header,
                                  "ZITADEL_TRUSTED_PROXIES=10.0.0.1"}));
    };
    refuses_header("X_Real_IP", "is not the name of a header, such as X-Forwarded-For");
    for (const char* name : {"Forwarded", "forwarded"}) {
      refuses_header(
          name,
          "is not read here: write the name of a header that holds addresses alone, such "
          "as X-Forwarded-For");
    }
  }

  // It was a setting once: who still has it is told, and served.
  void tells_what_counts_instead_of_a_number_of_tokens() {
    const Settings settings = load(working_with({"ZITADEL_CACHE_MAX_TOKENS=100000"}));
    CPPUNIT_ASSERT(settings.warnings ==
                   (Mistakes{"ZITADEL_CACHE_MAX_TOKENS (environment) counts for nothing any more: "
                             "write ZITADEL_CACHE_MAX_BYTES, how many bytes known tokens may take, "
                             "instead"}));
  }

  void refuses_a_log_file_that_the_web_server_would_show() {
    const std::string served =
        ", which seems to be what the web server serves: write a path outside of it";
    refuses("ZITADEL_LOG_FILE=/home/you/public_html/api.log",
            ", \"/home/you/public_html/api.log\", lies below /home/you/public_html" + served);
    const std::string folder = folder_.path().string();
    gives_mistake("ZITADEL_LOG_FILE (environment), \"logs/api.log\", lies below " + folder + served,
                  working_with({"ZITADEL_LOG_FILE=logs/api.log", "DOCUMENT_ROOT=" + folder}));
    folder_.write("site/index.php", "");
    folder_.write("site/logs/.env", "ZITADEL_LOG_FILE=api.log\n");
    const std::string site = folder + "/site";
    gives_mistake("ZITADEL_LOG_FILE (" + site + "/logs/.env, line 1), \"api.log\", lies below " +
                      site + served,
                  working_with({"ZITADEL_ENV_FILE=" + site + "/logs/.env"}));
    refuses("ZITADEL_LOG_FILE=/dev/null", ", \"/dev/null\", is not a regular file");
    folder_.write("rules", "/ token\n");
    refuses(
        "ZITADEL_LOG_FILE=" + folder + "/rules",
        ", \"" + folder +
            "/rules\", holds something else than this program's log: write the path of a file of "
            "its own");
    refuses("ZITADEL_LOG_FILE={\"key\":1}",
            " is no path of a file: write where the file lies, not what it holds");
  }

  void finds_the_log_file_whatever_else_is_wrong() {
    const auto find = [](const Variables& variables) {
      return auth::find_log_settings(auth::Environment(variables.begin(), variables.end()), {})
          .log_file;
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), find({}));
    folder_.write("etc/.env", "nonsense\nZITADEL_TIMEOUT_MS=5s\nZITADEL_LOG_FILE=api.log\n");
    const std::string folder = folder_.path().string() + "/etc/";
    const std::string file = "ZITADEL_ENV_FILE=" + folder + ".env";
    CPPUNIT_ASSERT_EQUAL(folder + "api.log", find({file}));
    CPPUNIT_ASSERT_EQUAL(std::string("own.log"), find({file, "ZITADEL_LOG_FILE=own.log"}));
    CPPUNIT_ASSERT_EQUAL(std::string(), find({file, "DOCUMENT_ROOT=" + folder}));
    CPPUNIT_ASSERT_EQUAL(std::string(), find({file, "ZITADEL_LOG_FILE=/dev/null"}));
  }

  void takes_the_audit_from_where_the_log_does_not_go() {
    const auto audit = [this](const std::string& value) {
      const Settings settings = load(working_with({"ZITADEL_AUDIT_FILE=" + value}));
      return settings.audit_to_journal ? "journal" : settings.audit_file;
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), audit("off"));
    CPPUNIT_ASSERT_EQUAL(std::string("journal"), audit("journal"));
    const std::string folder = folder_.path().string();
    CPPUNIT_ASSERT_EQUAL(folder + "/audit.log", audit(folder + "/audit.log"));
    refuses(
        "ZITADEL_AUDIT_FILE=/home/you/public_html/audit.log",
        ", \"/home/you/public_html/audit.log\", lies below /home/you/public_html, which seems to "
        "be what the web server serves: write a path outside of it");
    refuses("ZITADEL_AUDIT_FILE=/dev/null", ", \"/dev/null\", is not a regular file");
    gives_mistake(
        "ZITADEL_AUDIT_FILE (environment), \"" + folder +
            "/./own.log\", names the file of ZITADEL_LOG_FILE: write the path of a file of "
            "its own",
        working_with({"ZITADEL_LOG_FILE=" + folder + "/own.log",
                      "ZITADEL_AUDIT_FILE=" + folder + "/./own.log"}));
  }

  void refuses_words_that_are_no_choice() {
    refuses("ZITADEL_LOG_FORMAT=JSON", ", \"JSON\", is not one of text and json");
    for (const char* text : {"INFO", "trace", "warning", "3"}) {
      refuses("ZITADEL_LOG_LEVEL=" + std::string(text),
              ", \"" + std::string(text) + "\", is not one of error, warn, info and debug");
    }
    for (const char* text : {"true", "yes", "2", "01", "1 "}) {
      refuses("ZITADEL_ALLOW_HTTP=" + std::string(text),
              ", \"" + std::string(text) + "\", is not one of on, off, 1 and 0");
    }
    refuses("ZITADEL_JWT_SHIELD=no", ", \"no\", is not one of on, off, 1 and 0");
    refuses("ZITADEL_VALIDATION=JWT",
            ", \"JWT\", is not one of introspection, jwt and jwt-or-introspection");
    for (const char* text : {"email,locale", "email;locale", "email, locale"}) {
      refuses("ZITADEL_PASS_CLAIMS=" + std::string(text),
              ", \"" + std::string(text) +
                  "\", holds a comma or semicolon: write the names with blanks between them");
    }
  }

  void refuses_characters_that_do_not_belong() {
    refuses("ZITADEL_PROJECT_ID=12 34",
            ", \"12 34\", is no project's id, for that is a number: write the Resource Id that "
            "ZITADEL's console shows on the project's page, not the project's name");
    CPPUNIT_ASSERT_EQUAL(
        std::string("ZITADEL_CLIENT_ID (environment), \"12 34\", holds a blank or a character that "
                    "is not ASCII: write it without"),
        mistakes_of(working_with({"ZITADEL_CLIENT_ID=12 34"}))[0]);
    refuses(
        "ZITADEL_REALM=K\xc3\xbc"
        "che",
        ", \"K\xc3\xbc"
        "che\", holds a character that is not ASCII: write it without");
    for (const std::string& name : {std::string("ZITADEL_REALM"), std::string("ZITADEL_PROJECT_ID"),
                                    std::string("API_PRIVATE_KEY_FILE_PATH")}) {
      for (const char* text : {"a\nb", "a\r", "\ta", "a\x7f"}) {
        refuses(name + "=" + text,
                " holds a line break or another control character: write it without");
      }
    }
  }

  void refuses_values_that_are_too_long() {
    refuses("ZITADEL_REALM=" + std::string(2049, 'a'), " is longer than 2048 bytes");
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{2048},
        load(working_with({"ZITADEL_REALM=" + std::string(2048, 'a')})).realm.size());
    refuses("ZITADEL_LOG_LEVEL=" + std::string(40, 'a') + ' ' + std::string(60, 'a'),
            ", \"" + std::string(40, 'a') + ' ' + std::string(39, 'a') +
                "...\", is not one of error, warn, info and debug");
    refuses("ZITADEL_LOG_LEVEL=" + std::string(71, 'a'),
            " is not one of error, warn, info and debug");
  }

  void gives_all_mistakes_together() {
    env_file("oops!\nZITADEL_TIMEOUT_MS=5s\nZITADEL_REALMS=a\nZITADEL_CLIENT_ID=1\n");
    const Mistakes mistakes = mistakes_of({"ZITADEL_THREADS=many", "ZITADEL_DOMAIN=z.example"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, mistakes.size());
    for (const char* text : {".env, line 1", "ZITADEL_TIMEOUT_MS (.env, line 2)", "ZITADEL_REALMS",
                             "ZITADEL_THREADS", "ZITADEL_DOMAIN", "ZITADEL_CLIENT_SECRET"}) {
      CPPUNIT_ASSERT_MESSAGE(
          text, std::any_of(mistakes.begin(), mistakes.end(), [&](const std::string& line) {
            return line.find(text) != std::string::npos;
          }));
    }
  }

  void never_shows_a_secret() {
    const std::string secret = "SECRET4711";
    const std::string key = support::application_key_file();
    folder_.write("open.env",
                  "ZITADEL_CLIENT_SECRET=" + secret + "\nZITADEL_CLIENT_SECRET=" + secret +
                      "\nZITADEL_CLIENT_SECRTE=" + secret + "\nZITADEL_CLIENT_SECRET " + secret +
                      "\nZITADEL_CLIENT_SECRET='" + secret,
                  0644);
    for (const Variables& variables :
         {Variables{"ZITADEL_CLIENT_SECRET=" + secret},
          {"ZITADEL_CLIENT_SECRET=" + secret + "\n"},
          {"ZITADEL_CLIENT_SECRET=" + std::string(3000, 'a') + secret},
          {"ZITADEL_CLIENT_SECRTE=" + secret},
          {"ZITADEL_DOMAIN=https://user:" + secret + "@z.example"},
          {"ZITADEL_DOMAIN=user:" + secret + "@z.example"},
          {"ZITADEL_INTROSPECTION_URL=https://z.example?secret=" + secret},
          {"ZITADEL_CACHE_URL=http://:" + secret + "@cache.example"},
          {"ZITADEL_CACHE_URL=redis://:" + secret + "#@cache.example"},
          {"ZITADEL_CACHE_URL=" + secret},
          {"API_PRIVATE_KEY_FILE_PATH={\"key\":\"" + secret + "\"}"},
          {"API_PRIVATE_KEY_FILE_PATH=-----BEGIN RSA PRIVATE KEY-----" + secret},
          {"API_PRIVATE_KEY_FILE_PATH=" + key},
          {"ZITADEL_ENV_FILE=open.env"},
          {"ZITADEL_ENV_FILE=key.json"}}) {
      for (const std::string& line : mistakes_of(variables)) {
        CPPUNIT_ASSERT_MESSAGE(line, line.find(secret) == std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(line, line.find("BEGIN") == std::string::npos);
      }
    }
  }

  void authenticates_with_a_key_file() {
    const Settings settings = load(working());
    CPPUNIT_ASSERT(settings.application_key.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("111"), settings.application_key->key_id);
    CPPUNIT_ASSERT_EQUAL(std::string("222@project"), settings.client_id);
    CPPUNIT_ASSERT(settings.client_secret.empty());
    CPPUNIT_ASSERT(settings.warnings.empty());
  }

  void authenticates_with_id_and_secret() {
    const Settings settings = load({"ZITADEL_DOMAIN=https://z.example", "ZITADEL_CLIENT_ID=1@p",
                                    "ZITADEL_CLIENT_SECRET=s =\xc3\xa4"});
    CPPUNIT_ASSERT(!settings.application_key.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("1@p"), settings.client_id);
    CPPUNIT_ASSERT_EQUAL(std::string("s =\xc3\xa4"), std::string(settings.client_secret.reveal()));
  }

  void judges_jwts_without_authenticating() {
    const Settings by_project = load(
        {"ZITADEL_DOMAIN=https://z.example", "ZITADEL_VALIDATION=jwt", "ZITADEL_PROJECT_ID=123"});
    CPPUNIT_ASSERT(by_project.validation == auth::Validation::kJwt);
    CPPUNIT_ASSERT_EQUAL(std::string(), by_project.client_id);
    const Settings by_client = load(
        {"ZITADEL_DOMAIN=https://z.example", "ZITADEL_VALIDATION=jwt", "ZITADEL_CLIENT_ID=1@p"});
    CPPUNIT_ASSERT_EQUAL(std::string("1@p"), by_client.client_id);
    CPPUNIT_ASSERT_EQUAL(std::string("222@project"),
                         load(working_with({"ZITADEL_VALIDATION=jwt"})).client_id);
  }

  void takes_domains_as_issuers_write_them() {
    for (const auto& [text, expected] : {std::pair{"https://z.example", "https://z.example"},
                                         {"https://z.example/", "https://z.example"},
                                         {"https://z.example//", "https://z.example"},
                                         {"https://z.example:8443/", "https://z.example:8443"},
                                         {"https://Z.example", "https://Z.example"}}) {
      CPPUNIT_ASSERT_EQUAL(std::string(expected),
                           load(working_with({"ZITADEL_DOMAIN=" + std::string(text)})).domain);
    }
  }

  void takes_plain_http_where_it_is_safe_or_meant() {
    for (const char* text :
         {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(text),
                           load(working_with({"ZITADEL_DOMAIN=" + std::string(text)})).domain);
    }
    const Settings settings =
        load(working_with({"ZITADEL_DOMAIN=http://z.example", "ZITADEL_ALLOW_HTTP=1",
                           "ZITADEL_INTROSPECTION_URL=http://z.example/i"}));
    CPPUNIT_ASSERT_EQUAL(std::string("http://z.example"), settings.domain);
    CPPUNIT_ASSERT(settings.allow_http);
  }

  void takes_the_password_of_a_cache_server_from_a_private_file_only() {
    const std::string line = "ZITADEL_CACHE_URL=redis://me:secret@cache.example:1/2\n";
    env_file(line);
    const Settings settings = load(working());
    CPPUNIT_ASSERT(settings.cache_server.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("redis://cache.example:1/2"), settings.cache_server->name());
    CPPUNIT_ASSERT_EQUAL(std::string("me"), settings.cache_server->user);
    CPPUNIT_ASSERT_EQUAL(std::string("secret"),
                         std::string(settings.cache_server->password.reveal()));
    env_file(line, 0644);
    gives_mistake("ZITADEL_CACHE_URL (.env, line 1) can be read by others: chmod 600 .env",
                  working());
  }

  void reads_every_setting() {
    folder_.write("ca.pem", "# mine\n-----BEGIN CERTIFICATE-----\n", 0644);
    const Settings settings =
        load(working_with({"ZITADEL_INTROSPECTION_URL=https://z.example/i",
                           "ZITADEL_PROJECT_ID=123",
                           "ZITADEL_REALM=my \"API\"",
                           "ZITADEL_CA_FILE=ca.pem",
                           "ZITADEL_CONNECT_TIMEOUT_MS=11",
                           "ZITADEL_TIMEOUT_MS=12",
                           "ZITADEL_THREADS=13",
                           "ZITADEL_LOG_LEVEL=debug",
                           "ZITADEL_LOG_FILE=logs/api.log",
                           "ZITADEL_CACHE_TTL=14",
                           "ZITADEL_CACHE_MAX_BYTES=15000000",
                           "ZITADEL_GRACE=16",
                           "ZITADEL_GRACE_WHEN=failing",
                           "ZITADEL_CLIENT_ADDRESS_HEADER=X-Real-IP",
                           "ZITADEL_TRUSTED_PROXIES=10.0.0.0/8 2001:db8::1",
                           "ZITADEL_MAX_IN_FLIGHT=17",
                           "ZITADEL_MAX_CONNECTIONS=18",
                           "ZITADEL_MAX_PARKED=19",
                           "ZITADEL_MAX_TOKEN_BYTES=20000",
                           "ZITADEL_RULES=/etc/rules",
                           "ZITADEL_PASS_CLAIMS= email  urn:x ",
                           "ZITADEL_RESOURCE=https://api.example/api",
                           "ZITADEL_CORS_ORIGINS=https://a.example http://b.example:8080 *",

                           "ZITADEL_VALIDATION=jwt-or-introspection",
                           "ZITADEL_JWT_SHIELD=off"}));
    CPPUNIT_ASSERT(settings.validation == auth::Validation::kJwtOrIntrospection);
    CPPUNIT_ASSERT(!settings.jwt_shield);
    CPPUNIT_ASSERT_EQUAL(std::string("https://z.example/i"), settings.introspection_url);
    CPPUNIT_ASSERT_EQUAL(std::string("123"), settings.project_id);
    CPPUNIT_ASSERT_EQUAL(std::string("my \"API\""), settings.realm);
    CPPUNIT_ASSERT_EQUAL(std::string("ca.pem"), settings.ca_file);
    CPPUNIT_ASSERT_EQUAL(std::string("# mine\n-----BEGIN CERTIFICATE-----\n"),
                         settings.ca_certificates);
    CPPUNIT_ASSERT(settings.connect_timeout == milliseconds(11));
    CPPUNIT_ASSERT(settings.timeout == milliseconds(12));
    CPPUNIT_ASSERT_EQUAL(13U, settings.threads);
    CPPUNIT_ASSERT(settings.log_level == auth::LogLevel::kDebug);
    CPPUNIT_ASSERT_EQUAL(std::string("logs/api.log"), settings.log_file);
    CPPUNIT_ASSERT(settings.cache_ttl == seconds(14));
    CPPUNIT_ASSERT_EQUAL(std::size_t{15'000'000}, settings.cache_max_bytes);
    CPPUNIT_ASSERT(settings.grace == seconds(16));
    CPPUNIT_ASSERT(settings.grace_when == auth::GraceWhen::kFailing);
    CPPUNIT_ASSERT_EQUAL(std::string("X-Real-IP"), settings.client_address_header);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, settings.trusted_proxies.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{17}, settings.max_in_flight);
    CPPUNIT_ASSERT_EQUAL(std::size_t{18}, settings.max_connections);
    CPPUNIT_ASSERT_EQUAL(std::size_t{19}, settings.max_parked);
    CPPUNIT_ASSERT_EQUAL(std::size_t{20'000}, settings.max_token_bytes);
    CPPUNIT_ASSERT_EQUAL(std::string("/etc/rules"), settings.rules_file);
    CPPUNIT_ASSERT(settings.pass_claims == (Variables{"email", "urn:x"}));
    CPPUNIT_ASSERT_EQUAL(std::string("https://api.example/api"), settings.resource);
    CPPUNIT_ASSERT(settings.cors_origins ==
                   (Variables{"https://a.example", "http://b.example:8080", "*"}));
  }

  void takes_the_ends_of_each_range() {
    CPPUNIT_ASSERT(load(working_with({"ZITADEL_CACHE_TTL=0"})).cache_ttl == seconds(0));
    CPPUNIT_ASSERT(load(working_with({"ZITADEL_CACHE_TTL=3600"})).cache_ttl == seconds(3600));
    CPPUNIT_ASSERT(load(working_with({"ZITADEL_TIMEOUT_MS=10"})).timeout == milliseconds(10));
    CPPUNIT_ASSERT(load(working_with({"ZITADEL_TIMEOUT_MS=60000"})).timeout == milliseconds(60000));
    CPPUNIT_ASSERT_EQUAL(64U, load(working_with({"ZITADEL_THREADS=64"})).threads);
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{68'719'476'736},
        load(working_with({"ZITADEL_CACHE_MAX_BYTES=68719476736"})).cache_max_bytes);
    CPPUNIT_ASSERT_EQUAL(1U, load(working_with({"ZITADEL_THREADS=01"})).threads);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SettingsTest);

}  // namespace
