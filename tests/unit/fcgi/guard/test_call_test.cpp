// SPDX-License-Identifier: Apache-2.0
// What developers test their endpoints with must not be kinder than the server.
#include "zitadel_fcgi/test_call.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/unit/support/log_capture.h"

namespace {

using std::chrono::milliseconds;
using zitadel_fcgi::Request;
using zitadel_fcgi::Responder;
using zitadel_fcgi::Response;
using zitadel_fcgi::Router;
using zitadel_fcgi::test_call;

class TestCallTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TestCallTest);
  CPPUNIT_TEST(refuses_as_the_server_does);
  CPPUNIT_TEST(answers_500_for_what_is_dropped_or_thrown);
  CPPUNIT_TEST(gives_nothing_for_an_answer_that_is_late_or_cut_off);
  CPPUNIT_TEST(tells_a_public_endpoint_of_nobody);
  CPPUNIT_TEST(keeps_no_body_that_is_too_long);
  CPPUNIT_TEST(gives_no_body_for_a_head);
  CPPUNIT_TEST_SUITE_END();

  static zitadel_auth::Claims user() {
    return zitadel_auth::ClaimsBuilder().subject("u1").role("reader", {"o1"}).build();
  }

  static Response subject(const Request&, const zitadel_auth::Claims& claims) {
    return {.body = "<" + std::string(claims.subject()) + ">"};
  }

  void refuses_as_the_server_does() {
    Router router;
    router.add("/a", {"GET"}, "role:reader", subject);
    router.add("/b", {"GET"}, "role:writer", subject);
    const auto caller = user();
    CPPUNIT_ASSERT_EQUAL(404, test_call(router, {.path = "/c"}, &caller)->status);
    CPPUNIT_ASSERT_EQUAL(405, test_call(router, {.method = "POST", .path = "/a"}, &caller)->status);
    CPPUNIT_ASSERT_EQUAL(401, test_call(router, {.path = "/a"}, nullptr)->status);
    CPPUNIT_ASSERT_EQUAL(403, test_call(router, {.path = "/b"}, &caller)->status);
    const auto answer = test_call(router, {.path = "/a"}, &caller);
    CPPUNIT_ASSERT_EQUAL(std::string("<u1>"), answer->body);
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), *answer->header("cache-control"));
  }

  void answers_500_for_what_is_dropped_or_thrown() {
    const support::LogCapture log;
    Router router;
    router.add("/dropped", {"GET"}, "public", [](Responder) {});
    router.add("/thrown", {"GET"}, "public", [](Responder) { throw std::runtime_error("oops"); });
    for (const char* path : {"/dropped", "/thrown"}) {
      CPPUNIT_ASSERT_EQUAL(500, test_call(router, {.path = path}, nullptr)->status);
    }
    CPPUNIT_ASSERT(log.text().find("endpoint /thrown failed: oops") != std::string::npos);
  }

  void gives_nothing_for_an_answer_that_is_late_or_cut_off() {
    const auto kept = std::make_shared<std::unique_ptr<Responder>>();
    Router router;
    router.add("/cut", {"GET"}, "public", [](Responder responder) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{4}, responder.stream({})->write("half"));
    });
    router.add("/late", {"GET"}, "public", [kept](Responder responder) {
      *kept = std::make_unique<Responder>(std::move(responder));
    });
    CPPUNIT_ASSERT(!test_call(router, {.path = "/cut"}, nullptr));
    CPPUNIT_ASSERT(!test_call(router, {.path = "/late"}, nullptr, milliseconds(10)));
    (*kept)->answer({});  // the test has given up: without harm
  }

  void tells_a_public_endpoint_of_nobody() {
    Router router;
    router.add("/a", {"GET"}, "public", subject);
    const auto caller = user();
    CPPUNIT_ASSERT_EQUAL(std::string("<>"), test_call(router, {.path = "/a"}, &caller)->body);
  }

  void keeps_no_body_that_is_too_long() {
    Router router;
    router.add("/a", {"POST"}, "public", [](const Request& request, const zitadel_auth::Claims&) {
      return Response{.status = request.body() ? 200 : 413};
    });
    for (const auto& [size, status] :
         {std::pair{zitadel_fcgi::kMaxBody, 200}, std::pair{zitadel_fcgi::kMaxBody + 1, 413}}) {
      const auto answer = test_call(
          router, {.method = "POST", .path = "/a", .body = std::string(size, 'x')}, nullptr);
      CPPUNIT_ASSERT_EQUAL(status, answer->status);
    }
  }

  void gives_no_body_for_a_head() {
    Router router;
    router.add("/a", {"GET"}, "public", subject);
    router.add("/b", {"GET"}, "public", [](Responder responder) {
      const auto stream = responder.stream({});
      CPPUNIT_ASSERT_EQUAL(std::size_t{4}, stream->write("body"));
      stream->end();
    });
    for (const char* path : {"/a", "/b"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(),
                           test_call(router, {.method = "HEAD", .path = path}, nullptr)->body);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestCallTest);

}  // namespace
