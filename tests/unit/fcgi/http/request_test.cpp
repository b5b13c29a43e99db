// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/request.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

namespace {

using fcgi::Request;

class RequestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestTest);
  CPPUNIT_TEST(finds_nothing_among_no_variables);
  CPPUNIT_TEST(passes_over_variables_that_are_only_alike);
  CPPUNIT_TEST(passes_over_strings_that_are_no_variables);
  CPPUNIT_TEST(gives_two_authorization_headers_as_two);
  CPPUNIT_TEST(gives_an_empty_and_a_filled_authorization_header_as_two);
  CPPUNIT_TEST(keeps_no_more_than_two_authorization_headers);
  CPPUNIT_TEST(reads_the_redirected_header_only_where_there_is_no_other);
  CPPUNIT_TEST(gives_two_redirected_headers_as_two);
  CPPUNIT_TEST(reads_method_path_and_authorization);
  CPPUNIT_TEST(gives_the_first_of_two_variables);
  CPPUNIT_TEST(can_be_copied);
  CPPUNIT_TEST(tells_an_empty_body_from_one_that_was_too_long);
  CPPUNIT_TEST_SUITE_END();

  static std::vector<std::string> authorization_of(std::vector<const char*> variables) {
    variables.push_back(nullptr);
    const Request request(variables.data());
    const auto found = request.authorization();
    return {found.begin(), found.end()};
  }

  using Texts = std::vector<std::string>;

  void finds_nothing_among_no_variables() {
    const char* variables[] = {nullptr};
    const Request request(variables);
    CPPUNIT_ASSERT(request.method().empty());
    CPPUNIT_ASSERT(request.path_info().empty());
    CPPUNIT_ASSERT(request.authorization().empty());
    CPPUNIT_ASSERT(request.variable("ANY").empty());
    CPPUNIT_ASSERT(request.variable("").empty());
  }

  void passes_over_variables_that_are_only_alike() {
    const char* variables[] = {"HTTP_AUTHORIZATIONS=Bearer a",
                               "XHTTP_AUTHORIZATION=Bearer b",
                               "http_authorization=Bearer c",
                               "HTTP_PROXY_AUTHORIZATION=Bearer d",
                               "HTTP_REDIRECT_HTTP_AUTHORIZATION=Bearer e",
                               "REDIRECT_REDIRECT_HTTP_AUTHORIZATION=Bearer f",
                               "HTTP_REQUEST_METHOD=GET",
                               "REQUEST_METHOD_=GET",
                               "HTTP_PATH_INFO=/private",
                               "ORIG_PATH_INFO=/private",
                               nullptr};
    const Request request(variables);
    CPPUNIT_ASSERT(request.method().empty());
    CPPUNIT_ASSERT(request.path_info().empty());
    CPPUNIT_ASSERT(request.authorization().empty());
    CPPUNIT_ASSERT(request.variable("REQUEST_METHO").empty());
  }

  void passes_over_strings_that_are_no_variables() {
    const char* variables[] = {"",     "=", "PATH_INFO", "HTTP_AUTHORIZATION", "REQUEST_METHOD=PUT",
                               nullptr};
    const Request request(variables);
    CPPUNIT_ASSERT(request.path_info().empty());
    CPPUNIT_ASSERT(request.authorization().empty());
    CPPUNIT_ASSERT_EQUAL(std::string("PUT"), std::string(request.method()));
    CPPUNIT_ASSERT(request.variable("PATH_INFO").empty());
  }

  void gives_two_authorization_headers_as_two() {
    CPPUNIT_ASSERT((Texts{"Bearer a", "Bearer b"} ==
                    authorization_of({"HTTP_AUTHORIZATION=Bearer a", "PATH_INFO=/",
                                      "HTTP_AUTHORIZATION=Bearer b"})));
  }

  void gives_an_empty_and_a_filled_authorization_header_as_two() {
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{2},
        authorization_of({"HTTP_AUTHORIZATION=", "HTTP_AUTHORIZATION=Bearer b"}).size());
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{2},
        authorization_of({"HTTP_AUTHORIZATION=Bearer a", "HTTP_AUTHORIZATION="}).size());
  }

  void keeps_no_more_than_two_authorization_headers() {
    const std::vector<const char*> many(10, "HTTP_AUTHORIZATION=Bearer a");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, authorization_of(many).size());
    const std::vector<const char*> redirected(10, "REDIRECT_HTTP_AUTHORIZATION=Bearer a");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, authorization_of(redirected).size());
  }

  void reads_the_redirected_header_only_where_there_is_no_other() {
    CPPUNIT_ASSERT(Texts{"Bearer a"} == authorization_of({"REDIRECT_HTTP_AUTHORIZATION=Bearer a"}));
    CPPUNIT_ASSERT(Texts{"Bearer b"} == authorization_of({"REDIRECT_HTTP_AUTHORIZATION=Bearer a",
                                                          "HTTP_AUTHORIZATION=Bearer b"}));
    CPPUNIT_ASSERT(Texts{"Bearer a"} == authorization_of({"HTTP_AUTHORIZATION=",
                                                          "REDIRECT_HTTP_AUTHORIZATION=Bearer a"}));
  }

  void gives_two_redirected_headers_as_two() {
    CPPUNIT_ASSERT((Texts{"Bearer a", "Bearer b"} ==
                    authorization_of({"REDIRECT_HTTP_AUTHORIZATION=Bearer a",
                                      "REDIRECT_HTTP_AUTHORIZATION=Bearer b"})));
  }

  void reads_method_path_and_authorization() {
    const char* variables[] = {
        "SERVER_NAME=a",    "PATH_INFO=/private",           "REQUEST_METHOD=GET",
        "QUERY_STRING=a=b", "HTTP_AUTHORIZATION=Bearer a=", nullptr};
    const Request request(variables);
    CPPUNIT_ASSERT_EQUAL(std::string("GET"), std::string(request.method()));
    CPPUNIT_ASSERT_EQUAL(std::string("/private"), std::string(request.path_info()));
    CPPUNIT_ASSERT_EQUAL(std::string("a=b"), std::string(request.variable("QUERY_STRING")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, request.authorization().size());
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer a="), std::string(request.authorization()[0]));
  }

  void gives_the_first_of_two_variables() {
    const char* variables[] = {
        "PATH_INFO=/a", "PATH_INFO=/b", "REQUEST_METHOD=GET", "REQUEST_METHOD=PUT", "A=",
        "A=1",          nullptr};
    const Request request(variables);
    CPPUNIT_ASSERT_EQUAL(std::string("/a"), std::string(request.path_info()));
    CPPUNIT_ASSERT_EQUAL(std::string("GET"), std::string(request.method()));
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(request.variable("A")));
  }

  void can_be_copied() {
    const char* variables[] = {"HTTP_AUTHORIZATION=Bearer a", nullptr};
    std::vector<Request> requests(1, Request(variables));
    const Request copy = requests[0];
    requests.clear();
    requests.shrink_to_fit();
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer a"), std::string(copy.authorization()[0]));
  }

  void tells_an_empty_body_from_one_that_was_too_long() {
    const char* variables[] = {nullptr};
    CPPUNIT_ASSERT(Request(variables).body() == "");
    CPPUNIT_ASSERT(Request(variables, "a").body() == "a");
    CPPUNIT_ASSERT(!Request(variables, std::nullopt).body().has_value());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestTest);

}  // namespace
