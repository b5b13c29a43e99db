#include "fcgi/request_path.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <utility>

namespace {

using fcgi::request_path;

class RequestPathTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestPathTest);
  CPPUNIT_TEST(refuses_what_is_no_path);
  CPPUNIT_TEST(refuses_encoded_slashes_and_backslashes);
  CPPUNIT_TEST(refuses_control_characters);
  CPPUNIT_TEST(refuses_unfinished_encodings);
  CPPUNIT_TEST(refuses_what_is_not_utf_8);
  CPPUNIT_TEST(refuses_to_leave_the_root);
  CPPUNIT_TEST(decodes_once);
  CPPUNIT_TEST(folds_as_the_servers_do);
  CPPUNIT_TEST(ends_before_the_query);
  CPPUNIT_TEST(takes_the_absolute_form);
  CPPUNIT_TEST(keeps_what_has_no_meaning_here);
  CPPUNIT_TEST_SUITE_END();

  static void refuses(std::string_view target) {
    CPPUNIT_ASSERT_MESSAGE(std::string(target), !request_path(target).has_value());
  }

  static void gives(std::string_view expected, std::string_view target) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(target), std::string(expected),
                                 request_path(target).value_or("(refused)"));
  }

  void refuses_what_is_no_path() {
    for (const char* target : {"", "*", "a", "a/b", "?a", "ftp://host/a", "%2e"}) {
      refuses(target);
    }
  }

  void refuses_encoded_slashes_and_backslashes() {
    for (const char* target : {"/a%2fb", "/a%2Fb", "/%2F", "/a\\b", "/a%5cb", "/..%5c..%5cb"}) {
      refuses(target);
    }
  }

  void refuses_control_characters() {
    refuses(std::string_view("/a\0b", 4));
    for (const char* target : {"/a%00", "/%00/b", "/a%0d%0ab", "/a%09", "/a%7f", "/a\tb"}) {
      refuses(target);
    }
  }

  void refuses_unfinished_encodings() {
    for (const char* target : {"/%", "/a%2", "/%zz", "/%2", "/%g0", "/%%41", "/%u0041"}) {
      refuses(target);
    }
  }

  // RFC 3629 §3 and §4: overlong forms, halves of pairs, beyond U+10FFFF, cut short.
  void refuses_what_is_not_utf_8() {
    for (const char* target :
         {"/%c0%af", "/%c0%ae%c0%ae/", "/%e0%80%af", "/%f0%80%80%af", "/%ed%a0%80", "/%f4%90%80%80",
          "/%f5%80%80%80", "/%ff", "/%80", "/%c3", "/%c3/", "/%e2%82", "/%e2%82/x", "/\xe9"}) {
      refuses(target);
    }
  }

  void refuses_to_leave_the_root() {
    for (const char* target :
         {"/..", "/../", "/../a", "/a/../..", "/a/../../b", "/%2e%2e/a", "//../a", "/./../a"}) {
      refuses(target);
    }
  }

  void decodes_once() {
    gives("/private", "/%70rivate");
    gives("/a b", "/a%20b");
    gives("/%2f", "/%252f");
    gives("/%70", "/%2570");
    gives("/\xc3\xa9", "/%C3%a9");
    gives("/a+b", "/a+b");
  }

  void folds_as_the_servers_do() {
    gives("/", "//");
    gives("/", "/.");
    gives("/", "/./");
    gives("/a/b", "//a//b");
    gives("/a/b", "/a/./b");
    gives("/b", "/a/../b");
    gives("/", "/a/..");
    gives("/", "/a/../");
    gives("/a/", "/a/b/..");
    gives("/a/", "/a/");
    gives("/a/", "/a/.");
    gives("/b", "/a/%2e%2E/b");
    gives("/a", "/b//../a");
  }

  void ends_before_the_query() {
    gives("/a", "/a?/../b");
    gives("/a", "/a?b?c");
    gives("/a?b", "/a%3fb");
    gives("/a", "/a#b");
  }

  void takes_the_absolute_form() {
    gives("/a", "http://host/a");
    gives("/a", "https://host:8443/b/../a?c");
    gives("/", "http://host");
    gives("/", "http://host?a");
  }

  // No server here gives these a meaning in a path.
  void keeps_what_has_no_meaning_here() {
    for (const char* target : {"/a;b", "/a;/b", "/A", "/a.", "/a..", "/...", "/.../a", "/.a", "/~a",
                               "/a:b", "/a,b", "/a@b", "/a|b"}) {
      gives(target, target);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestPathTest);

}  // namespace
