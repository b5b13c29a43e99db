// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/request_methods.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using Headers = std::vector<const char*>;

class RequestMethodsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestMethodsTest);
  CPPUNIT_TEST(refuses_a_method_that_is_none);
  CPPUNIT_TEST(refuses_an_override_that_is_none);
  CPPUNIT_TEST(refuses_too_many_overrides);
  CPPUNIT_TEST(passes_over_what_is_only_alike);
  CPPUNIT_TEST(takes_overrides_of_every_name_in_capitals);
  CPPUNIT_TEST(takes_every_one_of_several_variables_of_a_name);
  CPPUNIT_TEST(takes_overrides_out_of_the_query);
  CPPUNIT_TEST(takes_names_for_the_parameter_that_programs_do);
  CPPUNIT_TEST_SUITE_END();

  // "POST PUT", or "(refused)".
  static std::string methods_of(const std::string& method, Headers headers,
                                std::string_view query) {
    const std::string own = "REQUEST_METHOD=" + method;
    headers.push_back(own.c_str());
    headers.push_back(nullptr);
    const fcgi::Request request(headers.data());
    const auto methods = fcgi::request_methods(request, query);
    if (!methods) return "(refused)";
    std::string text(methods->own);
    for (const std::string& each : methods->overrides) text += " " + each;
    return text;
  }

  static void gives(std::string_view expected, const std::string& method, const Headers& headers,
                    std::string_view query = "") {
    const std::string message = method + " " + (headers.empty() ? "" : headers.front()) + " ";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message + std::string(query), std::string(expected),
                                 methods_of(method, headers, query));
  }

  void refuses_a_method_that_is_none() {
    for (const char* method : {"", "get", "post", "Post", "GET1", "*", "-"}) {
      gives("(refused)", method, {});
    }
  }

  void refuses_an_override_that_is_none() {
    for (const char* header :
         {"HTTP_X_HTTP_METHOD_OVERRIDE=", "HTTP_X_HTTP_METHOD_OVERRIDE=PUT, DELETE",
          "HTTP_X_METHOD_OVERRIDE=PUT;a", "HTTP_X_HTTP_METHOD=1", "HTTP_X_HTTP_METHOD=P\xc3\x9cT",
          "HTTP_X_METHOD_OVERRIDE= PUT"}) {
      gives("(refused)", "POST", {header});
      gives("(refused)", "GET", {header});
    }
    for (const char* query : {"_method=", "_method", "_method=PUT%00", "_method=+PUT",
                              "_method[]=1", "a&_method=%0aPUT", "_method=PUT&_method=%ff"}) {
      gives("(refused)", "POST", {}, query);
    }
  }

  void refuses_too_many_overrides() {
    gives("POST A B C D", "POST", {}, "_method=a&_method=b&_method=c&_method=d&_method=a");
    gives("(refused)", "POST", {}, "_method=a&_method=b&_method=c&_method=d&_method=e");
  }

  void passes_over_what_is_only_alike() {
    gives("POST", "POST",
          {"HTTP_X_HTTP_METHOD_OVERRIDES=PUT", "HTTP_X_HTTP=PUT", "X_HTTP_METHOD_OVERRIDE=PUT",
           "HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_HTTP_X_METHOD_OVERRIDE=PUT", "HTTP_METHOD=PUT"});
    for (const char* query :
         {"", "method=PUT", "__method=PUT", "_methods=PUT", "a=_method", "_meth", "a_method=PUT",
          "%5f%5fmethod=PUT", "_method_=PUT", "%255fmethod=PUT"}) {
      gives("POST", "POST", {}, query);
    }
  }

  void takes_overrides_of_every_name_in_capitals() {
    gives("POST PUT", "POST", {"HTTP_X_HTTP_METHOD_OVERRIDE=PUT"});
    gives("POST DELETE", "POST", {"HTTP_X_METHOD_OVERRIDE=delete"});
    gives("GET VERSION-CONTROL", "GET", {"HTTP_X_HTTP_METHOD=Version-Control"});
    gives("POST", "POST", {"HTTP_X_HTTP_METHOD=post"});
    gives("POST PUT PATCH", "POST", {"HTTP_X_HTTP_METHOD=PUT", "HTTP_X_METHOD_OVERRIDE=patch"},
          "_method=put");
  }

  // lighttpd makes one name of X-HTTP-Method and X_HTTP_Method.
  void takes_every_one_of_several_variables_of_a_name() {
    gives("POST GET DELETE", "POST", {"HTTP_X_HTTP_METHOD=GET", "HTTP_X_HTTP_METHOD=DELETE"});
    gives("(refused)", "POST", {"HTTP_X_HTTP_METHOD=GET", "HTTP_X_HTTP_METHOD=?"});
  }

  void takes_overrides_out_of_the_query() {
    for (const char* query :
         {"_method=PUT", "a=b&_method=PUT&c", "a;_method=Put", "&&_method=PUT", "%5fmethod=PUT",
          "_%6Dethod=%50UT", "_method=PUT&_method=put", "_METHOD=PUT"}) {
      gives("POST PUT", "POST", {}, query);
    }
  }

  // As PHP turns names into variables' names.
  void takes_names_for_the_parameter_that_programs_do() {
    for (const char* query : {".method=PUT", "+_method=PUT", "%20%20_method=PUT", "_method[]=PUT",
                              "_method[a][b]=PUT", "_method%5b%5d=PUT", "_method%00x=PUT"}) {
      gives("POST PUT", "POST", {}, query);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestMethodsTest);

}  // namespace
