// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/methods.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <utility>

namespace {

class MethodsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MethodsTest);
  CPPUNIT_TEST(takes_nothing_for_a_method_that_is_written_otherwise);
  CPPUNIT_TEST(takes_what_is_written_like_one);
  CPPUNIT_TEST(knows_those_of_the_registry_alone);
  CPPUNIT_TEST(finds_the_one_that_was_meant);
  CPPUNIT_TEST(takes_all_for_acting_below_that_may);
  CPPUNIT_TEST(knows_which_heed_the_depth);
  CPPUNIT_TEST_SUITE_END();

  void takes_nothing_for_a_method_that_is_written_otherwise() {
    for (const char* text : {"", "-", "--", "get", "Get", "gET", "GET ", " GET", "GET1", "GET_",
                             "GET,", "*", "G\xc3\x89T", "GET\t", "POST;", "0"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !fcgi::is_method(text));
    }
    CPPUNIT_ASSERT(!fcgi::is_method(std::string_view("GET\0", 4)));
  }

  void takes_what_is_written_like_one() {
    for (const char* text : {"GET", "M-SEARCH", "VERSION-CONTROL", "X", "GTE"}) {
      CPPUNIT_ASSERT_MESSAGE(text, fcgi::is_method(text));
    }
  }

  void knows_those_of_the_registry_alone() {
    for (const char* text : {"GET", "PATCH", "PROPFIND", "VERSION-CONTROL", "QUERY", "ACL"}) {
      CPPUNIT_ASSERT_MESSAGE(text, fcgi::is_known_method(text));
    }
    for (const char* text : {"", "GTE", "get", "PRI", "M-SEARCH", "ADMIN", "*"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !fcgi::is_known_method(text));
    }
  }

  void finds_the_one_that_was_meant() {
    using Pair = std::pair<std::string_view, std::string_view>;
    for (const auto& [text, meant] :
         {Pair{"GTE", "GET"}, Pair{"GETT", "GET"}, Pair{"PSOT", "POST"}, Pair{"DELTE", "DELETE"},
          Pair{"PROFIND", "PROPFIND"}, Pair{"OPTION", "OPTIONS"}, Pair{"PACTH", "PATCH"},
          Pair{"ADMIN", ""}, Pair{"X", ""}, Pair{"", ""}}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(text), meant, fcgi::nearest_method(text));
    }
    CPPUNIT_ASSERT_EQUAL(std::string_view(), fcgi::nearest_method(std::string(100'000, 'A')));
  }

  void takes_all_for_acting_below_that_may() {
    for (const char* method : {"DELETE", "COPY", "MOVE", "PROPFIND", "LOCK", "REPORT", "SEARCH",
                               "ACL", "UNBIND", "REBIND", "PURGE", "X"}) {
      CPPUNIT_ASSERT_MESSAGE(method, fcgi::acts_below(method));
    }
    for (const char* method :
         {"GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "MKCOL", "PROPPATCH", "UNLOCK"}) {
      CPPUNIT_ASSERT_MESSAGE(method, !fcgi::acts_below(method));
    }
  }

  // RFC 4918 §9.6.1 and §9.9.2: on a folder DELETE and MOVE go all the way, whatever Depth says. So
  // does COPY on nginx.
  void knows_which_heed_the_depth() {
    for (const char* method : {"LOCK", "PROPFIND"}) {
      CPPUNIT_ASSERT_MESSAGE(method, fcgi::heeds_depth(method));
    }
    for (const char* method : {"COPY", "DELETE", "MOVE", "REPORT", "SEARCH", "X"}) {
      CPPUNIT_ASSERT_MESSAGE(method, !fcgi::heeds_depth(method));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MethodsTest);

}  // namespace
