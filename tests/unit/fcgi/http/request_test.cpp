// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/request.h"

#include <cppunit/extensions/HelperMacros.h>

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
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
  CPPUNIT_TEST(takes_no_name_that_could_be_read_in_two_ways);
  CPPUNIT_TEST(takes_no_token_for_a_name);
  CPPUNIT_TEST(takes_no_token_of_a_cookie_or_subprotocol_for_a_name);
  CPPUNIT_TEST(takes_short_names_and_others_whatever_a_cookie_holds);
  CPPUNIT_TEST(takes_the_name_of_a_guard_then_of_a_proxy_then_of_the_server);
  CPPUNIT_TEST(makes_names_that_no_two_requests_share);
  CPPUNIT_TEST(tells_an_empty_body_from_one_that_was_too_long);
  CPPUNIT_TEST_SUITE_END();

  static std::vector<std::string> authorization_of(std::vector<const char*> variables) {
    variables.push_back(nullptr);
    const Request request(variables.data());
    const auto found = request.authorization();
    return {found.begin(), found.end()};
  }

  using Texts = std::vector<std::string>;

  static std::string name_of(std::vector<std::string> variables) {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    const Request request(pointers.data());
    const Request copy(request);
    CPPUNIT_ASSERT_EQUAL(std::string(request.request_id()), std::string(copy.request_id()));
    return std::string(copy.request_id());
  }

  static bool is_made(const std::string& name) {
    return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == name.npos;
  }

  void takes_no_name_that_could_be_read_in_two_ways() {
    for (int code = 1; code < 256; ++code) {
      const char byte = static_cast<char>(code);
      const std::string name = std::string("a") + byte + "z";
      const bool is_sound = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                            (byte >= 'A' && byte <= 'Z') ||
                            std::string_view("-_.~+/=@:").find(byte) != std::string_view::npos;
      for (const char* variable : {"HTTP_X_REQUEST_ID=", "UNIQUE_ID=", "AUTH_REQUEST_ID="}) {
        const std::string found = name_of({variable + name});
        CPPUNIT_ASSERT_MESSAGE(found, is_sound ? found == name : is_made(found));
      }
    }
    CPPUNIT_ASSERT(is_made(name_of({"HTTP_X_REQUEST_ID="})));
    CPPUNIT_ASSERT(is_made(name_of({"HTTP_X_REQUEST_ID=a;b"})));
    CPPUNIT_ASSERT(is_made(name_of({"HTTP_X_REQUEST_ID=" + std::string(129, 'a')})));
    CPPUNIT_ASSERT(is_made(name_of({"HTTP_X_REQUEST_ID=" + std::string(8192, 'a')})));
    CPPUNIT_ASSERT_EQUAL(std::string(128, 'a'),
                         name_of({"HTTP_X_REQUEST_ID=" + std::string(128, 'a')}));
  }

  void takes_no_token_for_a_name() {
    for (const char* name : {"secret-token", "token", "Bearer"}) {
      CPPUNIT_ASSERT(is_made(name_of(
          {"HTTP_X_REQUEST_ID=" + std::string(name), "HTTP_AUTHORIZATION=Bearer secret-token"})));
    }
  }

  // Where tokens may stand, beside Authorization.
  static constexpr const char* kPlaces[] = {"HTTP_COOKIE=a=b; tok=", "HTTP_COOKIE=tok=\"",
                                            "HTTP_COOKIE=", "HTTP_SEC_WEBSOCKET_PROTOCOL=bearer, "};

  void takes_no_token_of_a_cookie_or_subprotocol_for_a_name() {
    const std::string token = "a-secret.token_1";  // 16 bytes
    for (const char* place : kPlaces) {
      for (const char* name : {"HTTP_X_REQUEST_ID=", "UNIQUE_ID=", "AUTH_REQUEST_ID="}) {
        CPPUNIT_ASSERT_MESSAGE(place, is_made(name_of({name + token, place + token + "\", z"})));
        // The variables may come in any order, and a part of a longer one is one.
        CPPUNIT_ASSERT_MESSAGE(place, is_made(name_of({place + token + "more", name + token})));
      }
    }
    CPPUNIT_ASSERT(is_made(
        name_of({"HTTP_COOKIE=a=b", "HTTP_COOKIE=tok=" + token, "HTTP_X_REQUEST_ID=" + token})));
    // The next name is taken.
    CPPUNIT_ASSERT_EQUAL(
        std::string("server"),
        name_of({"HTTP_COOKIE=tok=" + token, "HTTP_X_REQUEST_ID=" + token, "UNIQUE_ID=server"}));
  }

  void takes_short_names_and_others_whatever_a_cookie_holds() {
    const std::string token = "a-secret.token_1";
    for (const char* place : kPlaces) {
      for (const std::string& name :
           {std::string("1"), token.substr(1), token.substr(0, 15), token + "2", "b-" + token}) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(place, name,
                                     name_of({place + token, "HTTP_X_REQUEST_ID=" + name}));
      }
    }
    for (const char* other : {"HTTP_COOKIE2=", "HTTP_COOKIES=", "XHTTP_COOKIE=", "HTTP_X="}) {
      CPPUNIT_ASSERT_EQUAL(token, name_of({other + token, "HTTP_X_REQUEST_ID=" + token}));
    }
  }

  void takes_the_name_of_a_guard_then_of_a_proxy_then_of_the_server() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("guard"),
        name_of({"UNIQUE_ID=server", "HTTP_X_REQUEST_ID=proxy", "AUTH_REQUEST_ID=guard"}));
    CPPUNIT_ASSERT_EQUAL(std::string("proxy"),
                         name_of({"UNIQUE_ID=server", "HTTP_X_REQUEST_ID=proxy"}));
    CPPUNIT_ASSERT_EQUAL(std::string("server"),
                         name_of({"UNIQUE_ID=server", "HTTP_X_REQUEST_ID=a, b"}));
    CPPUNIT_ASSERT_EQUAL(std::string("server"), name_of({"UNIQUE_ID=server", "HTTP_X_REQUEST_ID=a",
                                                         "HTTP_X_REQUEST_ID=b"}));
    // A header of that name is another variable.
    CPPUNIT_ASSERT(is_made(name_of({"HTTP_AUTH_REQUEST_ID=forged", "HTTP_UNIQUE_ID=forged"})));
  }

  void makes_names_that_no_two_requests_share() {
    std::set<std::string> names;
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 2500; ++n) {
          const std::string name = name_of({});
          const std::lock_guard lock(mutex);
          CPPUNIT_ASSERT(is_made(name) && names.insert(name).second);
        }
      });
    }
    for (std::thread& each : threads) each.join();
  }

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
