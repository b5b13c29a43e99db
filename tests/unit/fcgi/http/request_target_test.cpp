// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/request_target.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

namespace {

using fcgi::request_target;

class RequestTargetTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestTargetTest);
  CPPUNIT_TEST(refuses_a_fragment_wherever_it_stands);
  CPPUNIT_TEST(refuses_blanks_and_control_characters);
  CPPUNIT_TEST(refuses_the_other_forms);
  CPPUNIT_TEST(refuses_hosts_that_can_be_read_differently);
  CPPUNIT_TEST(takes_the_origin_form);
  CPPUNIT_TEST(takes_the_absolute_form_in_whatever_case);
  CPPUNIT_TEST_SUITE_END();

  static void refuses(std::string_view target) {
    CPPUNIT_ASSERT_MESSAGE(std::string(target), !request_target(target).has_value());
  }

  static void gives(std::string_view authority, std::string_view path, std::string_view query,
                    std::string_view text) {
    const std::string message(text);
    const auto target = request_target(text);
    CPPUNIT_ASSERT_MESSAGE(message, target.has_value());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message, authority, target->authority);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message, path, target->path);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message, query, target->query);
  }

  void refuses_a_fragment_wherever_it_stands() {
    for (const char* target : {"#", "/#", "/a#b", "/public/#/../../internal/secret.txt", "/a?b#c",
                               "http://host/a#b", "http://host#/a", "#/a", "/a#"}) {
      refuses(target);
    }
  }

  void refuses_blanks_and_control_characters() {
    for (const char* target : {"/a b", "/a ", "/a\tb", "/a?b c", "/a\r\nb", "/a\x7f",
                               "http://host/a b", "/a, http://host/b", "/a?\x01"}) {
      refuses(target);
    }
    refuses(std::string_view("/a\0", 3));
  }

  // RFC 9112 §3.2.3 and §3.2.4, and what is none of them.
  void refuses_the_other_forms() {
    for (const char* target : {"", "*", "a", "a/b", "?a", "host:80", "%2e", "%2fa", "ftp://host/a",
                               "ws://host/a", "http:/a", "http:a", "http:\\\\host/a", "file:///a",
                               ":/a", " /a", "\\a", "javascript:a"}) {
      refuses(target);
    }
  }

  void refuses_hosts_that_can_be_read_differently() {
    for (const char* target :
         {"http://", "http:///a", "http:////host/a", "http://user@host/a", "http://a:b@host/a",
          "http://host:80@x/a", "http://host%2fopen/a", "http://host\\@x/a", "http://ho st/a",
          "http://host;/a", "http://h\xc3\xb6st/a", "http://?a"}) {
      refuses(target);
    }
  }

  void takes_the_origin_form() {
    gives("", "/", "", "/");
    gives("", "/a", "", "/a");
    gives("", "/a", "", "/a?");
    gives("", "/a", "b?c/../d", "/a?b?c/../d");
    gives("", "//host/a", "", "//host/a");
    gives("", "/http://host/a", "", "/http://host/a");
    gives("", "/%23;%3f", "%23", "/%23;%3f?%23");
  }

  void takes_the_absolute_form_in_whatever_case() {
    gives("host", "/a", "", "http://host/a");
    gives("host", "/a", "", "HTTP://host/a");
    gives("HOST:8443", "/b/../a", "c", "hTTpS://HOST:8443/b/../a?c");
    gives("host", "/", "", "http://host");
    gives("host", "/", "a", "http://host?a");
    gives("[::1]:80", "//a", "", "http://[::1]:80//a");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestTargetTest);

}  // namespace
