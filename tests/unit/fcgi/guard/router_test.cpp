// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/router.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "fcgi/endpoints/private.h"
#include "fcgi/endpoints/private_scoped.h"
#include "fcgi/endpoints/public.h"

namespace {

using fcgi::Request;
using fcgi::Response;
using fcgi::Router;

class RouterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RouterTest);
  CPPUNIT_TEST(finds_nothing_at_paths_that_are_only_alike);
  CPPUNIT_TEST(refuses_methods_that_an_endpoint_does_not_take);
  CPPUNIT_TEST(refuses_head_where_there_is_no_get);
  CPPUNIT_TEST(refuses_to_add_what_is_wrong);
  CPPUNIT_TEST(answers_options_with_what_is_allowed);
  CPPUNIT_TEST(finds_an_endpoint_by_path_and_method);
  CPPUNIT_TEST(takes_head_like_get);
  CPPUNIT_TEST(goes_by_the_method_that_was_sent);
  CPPUNIT_TEST(keeps_what_an_endpoint_requires);
  CPPUNIT_TEST(the_shipped_endpoints_say_who_may_see_them);
  CPPUNIT_TEST_SUITE_END();

  static Router shipped() {
    Router router;
    router.add("/public", {"GET"}, "public", fcgi::endpoints::public_route);
    router.add("/private", {"GET"}, "token", fcgi::endpoints::private_route);
    router.add("/private-scoped", {"GET", "POST"}, "role:read:messages",
               fcgi::endpoints::private_scoped_route);
    return router;
  }

  static auth::Result<const fcgi::Endpoint*, Response> find(const Router& router,
                                                            const std::string& method,
                                                            const std::string& path) {
    const std::string method_variable = "REQUEST_METHOD=" + method;
    const std::string path_variable = "PATH_INFO=" + path;
    const char* variables[] = {method_variable.c_str(), path_variable.c_str(), nullptr};
    return router.find(Request(variables));
  }

  static Response settled(const Router& router, const std::string& method,
                          const std::string& path) {
    const auto found = find(router, method, path);
    CPPUNIT_ASSERT_MESSAGE(method + " " + path, !found);
    return found.error();
  }

  static const fcgi::Endpoint& endpoint(const Router& router, const std::string& method,
                                        const std::string& path) {
    const auto found = find(router, method, path);
    CPPUNIT_ASSERT_MESSAGE(method + " " + path, found.has_value());
    return **found;
  }

  void finds_nothing_at_paths_that_are_only_alike() {
    const Router router = shipped();
    for (const char* path : {"",
                             "/",
                             "/private/",
                             "/privat",
                             "/privatex",
                             "//private",
                             "/PRIVATE",
                             "private",
                             "/private%20",
                             "/private ",
                             "/./private",
                             "/public/../private",
                             "/private;a",
                             "/private?a",
                             "/private#a",
                             "/private.",
                             "/private/;",
                             "/public/..;/private",
                             "/;/private",
                             "/private::$DATA",
                             "/api/private"}) {
      for (const char* method : {"GET", "OPTIONS", "DELETE", ""}) {
        const Response response = settled(router, method, path);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, response.status);
        CPPUNIT_ASSERT_MESSAGE(path, response.header("allow") == nullptr);
      }
    }
    CPPUNIT_ASSERT_EQUAL(404, settled(Router(), "GET", "/private").status);
  }

  void refuses_methods_that_an_endpoint_does_not_take() {
    const Router router = shipped();
    for (const char* method : {"", "get", "Get", "POST", "PUT", "DELETE", "PATCH", "TRACE",
                               "CONNECT", "PROPFIND", "GETS", "GE", "options", "GET "}) {
      const Response response = settled(router, method, "/private");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 405, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD, OPTIONS"), *response.header("allow"));
    }
  }

  void refuses_head_where_there_is_no_get() {
    Router router;
    router.add("/a", {"POST"}, "token", fcgi::endpoints::private_route);
    const Response response = settled(router, "HEAD", "/a");
    CPPUNIT_ASSERT_EQUAL(405, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("POST, OPTIONS"), *response.header("allow"));
  }

  // One sentence each, and no endpoint.
  void refuses_to_add_what_is_wrong() {
    Router router;
    const zitadel_fcgi::Handler handler = fcgi::endpoints::private_route;
    router.add("/a", {"GET"}, "token", handler);
    CPPUNIT_ASSERT(router.mistakes().empty());
    struct Wrong {
      const char* path;
      std::vector<std::string> methods;
      const char* requirement;
      zitadel_fcgi::Handler handler;
    };
    const std::vector<Wrong> wrong{{"/a", {"POST"}, "token", handler},
                                   {"", {"GET"}, "token", handler},
                                   {"b", {"GET"}, "token", handler},
                                   {"/b", {}, "token", handler},
                                   {"/b", {"OPTIONS"}, "token", handler},
                                   {"/b", {"GET", "get"}, "token", handler},
                                   {"/b", {"GET", ""}, "token", handler},
                                   {"/b", {"A\r\nB"}, "token", handler},
                                   {"/b", {"GET"}, "", handler},
                                   {"/b", {"GET"}, "roles:a", handler},
                                   {"/b", {"GET"}, "role:a, role:b", handler},
                                   {"/b", {"GET"}, "token", nullptr}};
    for (const Wrong& each : wrong) {
      router.add(each.path, each.methods, each.requirement, each.handler);
    }
    CPPUNIT_ASSERT_EQUAL(wrong.size(), router.mistakes().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, router.endpoints().size());
    CPPUNIT_ASSERT_EQUAL(404, settled(router, "GET", "/b").status);
    router.add("/b", {"GET"}, "token", zitadel_fcgi::LaterHandler());
    CPPUNIT_ASSERT_EQUAL(wrong.size() + 1, router.mistakes().size());
  }

  void answers_options_with_what_is_allowed() {
    const Router router = shipped();
    const Response response = settled(router, "OPTIONS", "/private-scoped");
    CPPUNIT_ASSERT_EQUAL(204, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD, POST, OPTIONS"), *response.header("allow"));
    CPPUNIT_ASSERT(response.body.empty());
  }

  void finds_an_endpoint_by_path_and_method() {
    const Router router = shipped();
    for (const char* path : {"/public", "/private", "/private-scoped"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(path), endpoint(router, "GET", path).path);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("/private-scoped"),
                         endpoint(router, "POST", "/private-scoped").path);
  }

  void takes_head_like_get() {
    const Router router = shipped();
    CPPUNIT_ASSERT(&endpoint(router, "GET", "/private") == &endpoint(router, "HEAD", "/private"));
    Router explicit_head;
    explicit_head.add("/a", {"HEAD"}, "token", fcgi::endpoints::private_route);
    CPPUNIT_ASSERT_EQUAL(std::string("/a"), endpoint(explicit_head, "HEAD", "/a").path);
    CPPUNIT_ASSERT_EQUAL(405, settled(explicit_head, "GET", "/a").status);
  }

  void goes_by_the_method_that_was_sent() {
    const char* variables[] = {"REQUEST_METHOD=POST",
                               "PATH_INFO=/private",
                               "REQUEST_URI=/private?_method=GET",
                               "QUERY_STRING=_method=GET",
                               "HTTP_X_HTTP_METHOD_OVERRIDE=GET",
                               "HTTP_X_ORIGINAL_URL=/public",
                               nullptr};
    const auto found = shipped().find(Request(variables));
    CPPUNIT_ASSERT_EQUAL(405, found.error().status);
  }

  void keeps_what_an_endpoint_requires() {
    const Router router = shipped();
    CPPUNIT_ASSERT(endpoint(router, "GET", "/public").requirement.is_public());
    CPPUNIT_ASSERT(!endpoint(router, "GET", "/private").requirement.is_public());
    CPPUNIT_ASSERT_EQUAL(std::string("the role read:messages"),
                         endpoint(router, "GET", "/private-scoped").requirement.describe());
  }

  void the_shipped_endpoints_say_who_may_see_them() {
    const Router router = shipped();
    const char* variables[] = {nullptr};
    const auto body = [&](const char* path) {
      const Response response = endpoint(router, "GET", path).handler(Request(variables), {});
      CPPUNIT_ASSERT_EQUAL(200, response.status);
      return response.body;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("{\"message\": \"Public route - You don't need to be "
                                     "authenticated to see this.\"}"),
                         body("/public"));
    CPPUNIT_ASSERT_EQUAL(std::string("{\"message\": \"Private route - You need to be authenticated "
                                     "to see this.\"}"),
                         body("/private"));
    CPPUNIT_ASSERT_EQUAL(std::string("{\"message\": \"Private route - You need to be authenticated "
                                     "and have the role read:messages to see this.\"}"),
                         body("/private-scoped"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RouterTest);

}  // namespace
