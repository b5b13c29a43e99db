// SPDX-License-Identifier: Apache-2.0
#include <cppunit/TestResult.h>
#include <cppunit/TestResultCollector.h>
#include <cppunit/extensions/TestFactoryRegistry.h>
#include <cppunit/ui/text/TestRunner.h>

#include <string>

#include "api_fixture.h"

namespace {

class ApiTest : public ApiFixture {
  CPPUNIT_TEST_SUITE(ApiTest);
  CPPUNIT_TEST(greets_nobody_without_a_token);
  CPPUNIT_TEST(greets_nobody_without_the_role);
  CPPUNIT_TEST(refuses_what_is_no_name);
  CPPUNIT_TEST(greets_by_name);
  CPPUNIT_TEST(reports_later);
  CPPUNIT_TEST(writes_all_rows);
  CPPUNIT_TEST_SUITE_END();

  void greets_nobody_without_a_token() {
    const Response response = post("/greetings", R"({"name": "Ada"})");
    CPPUNIT_ASSERT_EQUAL(401, response.status);
    CPPUNIT_ASSERT(response.header("www-authenticate") != nullptr);
  }

  void greets_nobody_without_the_role() {
    const Response response = post("/greetings", R"({"name": "Ada"})", user("u1", {"other"}));
    CPPUNIT_ASSERT_EQUAL(403, response.status);
  }

  void refuses_what_is_no_name() {
    for (const char* body : {"", "{}", "[]", R"({"name": 1})", R"({"name": "")", "{\"name\""}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(body, 400,
                                   post("/greetings", body, user("u1", {"read:messages"})).status);
    }
    const std::string too_long(zitadel_fcgi::kMaxBody + 1, 'x');
    CPPUNIT_ASSERT_EQUAL(413, post("/greetings", too_long, user("u1", {"read:messages"})).status);
  }

  void greets_by_name() {
    const Response response =
        post("/greetings", R"({"name": "Ada"})", user("u1", {"read:messages"}));
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"message": "Hello Ada, says u1."})"), response.body);
  }

  void reports_later() {
    const Response response = get("/report", user("u2"));
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"message": "The report of u2"})"), response.body);
  }

  void writes_all_rows() {
    const Response response = get("/rows", user("u3"));
    CPPUNIT_ASSERT(response.body.ends_with("row 99998\nrow 99999\n"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ApiTest);

}  // namespace

int main() {
  CppUnit::TextUi::TestRunner runner;
  runner.addTest(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  return runner.run() && runner.result().runTests() > 0 ? 0 : 1;
}
