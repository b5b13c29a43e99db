// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/audit.h"

#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/json.h"
#include "fcgi/guard/permission_log.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using fcgi::Decision;
using Variables = std::vector<std::string>;

class AuditTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuditTest);
  CPPUNIT_TEST(shows_no_token_wherever_it_was_put);
  CPPUNIT_TEST(shows_no_token_of_a_cookie_or_subprotocol);
  CPPUNIT_TEST(shows_paths_that_hold_no_credential);
  CPPUNIT_TEST(looks_no_longer_than_it_may_for_credentials);
  CPPUNIT_TEST(shows_no_query_and_no_password_of_a_url);
  CPPUNIT_TEST(stays_one_object_whatever_a_caller_sends);
  CPPUNIT_TEST(cuts_what_a_caller_makes_long);
  CPPUNIT_TEST(names_who_was_refused_a_role);
  CPPUNIT_TEST(tells_who_was_let_in);
  CPPUNIT_TEST(tells_the_log_of_missing_roles_once_in_a_while);
  CPPUNIT_TEST_SUITE_END();

  // The line about a request with these variables.
  std::string line(const Variables& variables, const auth::Requirement* requirement = nullptr,
                   const auth::Claims* claims = nullptr, int status = 200,
                   std::string_view sentence = {}) {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    const fcgi::Request request(pointers.data());
    const support::TemporaryFolder folder;
    const std::string path = (folder.path() / "audit.log").string();
    {
      fcgi::Audit audit(path, auth::LineWriter::Thread::kNone, "", fcgi::ClientAddress(), clock_);
      audit.decided({request,
                     requirement,
                     claims,
                     status,
                     {},
                     sentence,
                     std::chrono::nanoseconds(1'500'001)});
    }
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, text.size() - 1, text.find('\n'));
    return text;
  }

  std::string member(const std::string& text, std::string_view name) {
    const auto object = auth::Json::parse(text);
    CPPUNIT_ASSERT_MESSAGE(text, object.has_value());
    return object->text_of(name).value_or("none");
  }

  std::string path_of(const std::string& target, const std::string& authorization = "") {
    Variables variables = {"REQUEST_URI=" + target};
    if (!authorization.empty()) variables.push_back("HTTP_AUTHORIZATION=" + authorization);
    return member(line(variables), "path");
  }

  void shows_no_token_wherever_it_was_put() {
    const std::string token = "a-secret-token";
    const std::string hidden = "(the path holds the token)";
    CPPUNIT_ASSERT_EQUAL(hidden, path_of("/x/" + token + "/y", "Bearer " + token));
    CPPUNIT_ASSERT_EQUAL(std::string("/x"), path_of("/x?access_token=" + token, "Bearer " + token));
    const std::string text = line(
        {"REQUEST_URI=/x", "HTTP_AUTHORIZATION=Bearer " + token, "HTTP_X_REQUEST_ID=" + token});
    CPPUNIT_ASSERT_MESSAGE(text, text.find(token) == text.npos);
  }

  std::string path_with(const std::string& path, const Variables& headers) {
    Variables variables = {"REQUEST_URI=" + path};
    variables.insert(variables.end(), headers.begin(), headers.end());
    return member(line(variables), "path");
  }

  void shows_no_token_of_a_cookie_or_subprotocol() {
    const std::string token = "a-secret.token_1";  // 16 bytes
    const std::string cookie = "HTTP_COOKIE=";
    const std::string offer = "HTTP_SEC_WEBSOCKET_PROTOCOL=";
    for (const Variables& headers :
         {Variables{cookie + "tok=" + token}, Variables{cookie + "a=b; tok=" + token + "; c=d"},
          Variables{cookie + "tok = \"" + token + "\" ;a"}, Variables{cookie + token},
          Variables{cookie + "a=b", cookie + "tok=" + token}, Variables{offer + token},
          Variables{offer + "bearer, " + token + ",chat"},
          Variables{offer + "chat", offer + "bearer," + token}}) {
      for (const std::string& path : {"/" + token, "/x/" + token + "/y", "/x" + token + "y"}) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(headers.back(), std::string("(the path holds the token)"),
                                     path_with(path, headers));
      }
      Variables variables = {"REQUEST_URI=/x?a=" + token, "HTTP_X_REQUEST_ID=" + token};
      variables.insert(variables.end(), headers.begin(), headers.end());
      const std::string text = line(variables);
      CPPUNIT_ASSERT_MESSAGE(text, text.find(token) == text.npos);
    }
  }

  void shows_paths_that_hold_no_credential() {
    const std::string path = "/reports/2026/a-secret.token";
    for (const char* header :
         {"HTTP_COOKIE=a=reports; b=2026; c=", "HTTP_COOKIE=;;=; =", "HTTP_COOKIE=",
          "HTTP_COOKIE=tok=/a-secret.token", "HTTP_COOKIE=/reports/2026/a-secret=x",
          "HTTP_COOKIE=tok=a-secret.token-and-more", "HTTP_SEC_WEBSOCKET_PROTOCOL=reports, 2026,,",
          "HTTP_SEC_WEBSOCKET_PROTOCOL=a-secret.token-and-more", "HTTP_X=/reports/2026/a-secret"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(header, path, path_with(path, {header}));
    }
  }

  // Somebody sends a long path and thousands of cookies.
  void looks_no_longer_than_it_may_for_credentials() {
    std::string cookies = "HTTP_COOKIE=";
    for (int i = 0; i < 1500; ++i) cookies += "aaaaaaaaaaaaaaaaab;";
    CPPUNIT_ASSERT_EQUAL(std::string("(the path holds the token)"),
                         path_with("/" + std::string(30'000, 'a'), {cookies}));
    CPPUNIT_ASSERT_EQUAL(std::string("/aaaa"), path_with("/aaaa", {cookies}));
  }

  void shows_no_query_and_no_password_of_a_url() {
    CPPUNIT_ASSERT_EQUAL(std::string("/a%20b"), path_of("/a%20b?c=d"));
    CPPUNIT_ASSERT_EQUAL(std::string("/a"), path_of("http://example.org/a?b"));
    CPPUNIT_ASSERT_EQUAL(std::string("(not readable)"), path_of("http://u:password@example.org/a"));
    CPPUNIT_ASSERT_EQUAL(std::string("/a"), path_of("/a#b?c"));
    CPPUNIT_ASSERT_EQUAL(std::string("/info"), member(line({"PATH_INFO=/info"}), "path"));
  }

  void stays_one_object_whatever_a_caller_sends() {
    for (int code = 1; code < 256; ++code) {
      const std::string byte(1, static_cast<char>(code));
      const std::string text = line({"REQUEST_URI=/a" + byte + "z", "REQUEST_METHOD=G" + byte,
                                     "REMOTE_ADDR=1" + byte, "HTTP_X_REQUEST_ID=i" + byte});
      CPPUNIT_ASSERT_MESSAGE(text, auth::Json::parse(text).has_value());
    }
  }

  void cuts_what_a_caller_makes_long() {
    const std::string text = line({"REQUEST_URI=/" + std::string(9000, '\x01'),
                                   "REQUEST_METHOD=" + std::string(9000, 'M'),
                                   "HTTP_X_REQUEST_ID=" + std::string(8192, 'i')});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2048}, member(text, "path").size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, member(text, "method").size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, member(text, "request").size());
  }

  void names_who_was_refused_a_role() {
    const auto required = auth::Requirement::parse("role:admin");
    const auth::Claims claims = zitadel_auth::ClaimsBuilder()
                                    .subject("user")
                                    .client_id("client")
                                    .organisation("org")
                                    .build();
    const std::string text = line(
        {"REQUEST_METHOD=GET", "REQUEST_URI=/x", "REMOTE_ADDR=192.0.2.1", "HTTP_X_REQUEST_ID=id-1"},
        &*required, &claims, 403, "lacks a role");
    const std::pair<const char*, const char*> expected[] = {
        {"decision", "refused"},    {"reason", "lacks a role"},
        {"request", "id-1"},        {"subject", "user"},
        {"client", "client"},       {"organisation", "org"},
        {"method", "GET"},          {"path", "/x"},
        {"rule", "the role admin"}, {"from", "192.0.2.1"},
        {"program", "zitadel-fcgi"}};
    for (const auto& [name, value] : expected) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(value), member(text, name));
    }
    const auto object = auth::Json::parse(text);
    CPPUNIT_ASSERT(object->integer_of("status") == std::int64_t{403});
    CPPUNIT_ASSERT(object->integer_of("took_us") == std::int64_t{1501});
    CPPUNIT_ASSERT_EQUAL(std::string("2001-09-09T01:46:40.000Z").size(),
                         member(text, "time").size());
  }

  void tells_who_was_let_in() {
    const auth::Claims claims = zitadel_auth::ClaimsBuilder().subject("user").build();
    const std::string text = line({"REQUEST_URI=/x"}, nullptr, &claims);
    CPPUNIT_ASSERT_EQUAL(std::string("allowed"), member(text, "decision"));
    CPPUNIT_ASSERT_EQUAL(std::string("none"), member(text, "reason"));
    CPPUNIT_ASSERT_EQUAL(std::string("user"), member(text, "subject"));
  }

  void tells_the_log_of_missing_roles_once_in_a_while() {
    const support::LogCapture log(auth::LogLevel::kInfo);
    fcgi::PermissionLog permissions(clock_);
    const char* const variables[] = {nullptr};
    const fcgi::Request request(variables);
    const auto required = auth::Requirement::parse("role:admin");
    const auth::Claims claims =
        zitadel_auth::ClaimsBuilder().subject("us\ner").client_id("client").build();
    const auto refuse = [&](auth::Reason reason, const auth::Claims* whom) {
      permissions.decided({request, &*required, whom, 403, reason, describe(reason), {}});
    };
    for (int i = 0; i < 3; ++i) refuse(auth::Reason::kRoleMissing, &claims);
    refuse(auth::Reason::kInactive, nullptr);
    clock_.advance(fcgi::kPermissionLogInterval);
    refuse(auth::Reason::kRoleMissing, &claims);
    const std::string line = "info: refused: user us\\x0aer of client client lacks the role admin";
    CPPUNIT_ASSERT_EQUAL(line + "\n" + line + " (and 2 more since the last line)\n", log.text());
  }

  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuditTest);

}  // namespace
