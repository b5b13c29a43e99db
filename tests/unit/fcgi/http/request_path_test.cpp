// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/request_path.h"

#include <cppunit/extensions/HelperMacros.h>

#include <ctime>
#include <string>
#include <string_view>

#include "tests/unit/support/readings.h"

namespace {

using fcgi::Case;
using fcgi::request_paths;
using support::readings_of;

class RequestPathTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestPathTest);
  CPPUNIT_TEST(refuses_encoded_slashes_and_backslashes);
  CPPUNIT_TEST(refuses_control_characters);
  CPPUNIT_TEST(refuses_unfinished_encodings);
  CPPUNIT_TEST(refuses_what_is_not_utf_8);
  CPPUNIT_TEST(refuses_to_leave_the_root);
  CPPUNIT_TEST(refuses_segments_that_become_dots_without_their_parameters);
  CPPUNIT_TEST(refuses_dots_that_are_encoded_more_than_once);
  CPPUNIT_TEST(refuses_what_looks_like_dots);
  CPPUNIT_TEST(refuses_dots_behind_a_segment_that_is_none_or_several);
  CPPUNIT_TEST(refuses_dots_behind_encoded_ones);
  CPPUNIT_TEST(refuses_dots_where_a_path_may_end);
  CPPUNIT_TEST(refuses_control_characters_that_are_encoded_more_than_once);
  CPPUNIT_TEST(refuses_parameters_that_hold_a_slash_when_decoded_again);
  CPPUNIT_TEST(refuses_streams_of_windows);
  CPPUNIT_TEST(refuses_what_is_encoded_too_often);
  CPPUNIT_TEST(refuses_too_many_readings);
  CPPUNIT_TEST(reads_ordinary_paths_in_one_way);
  CPPUNIT_TEST(reads_parameters_in_both_ways);
  CPPUNIT_TEST(reads_empty_segments_in_both_ways);
  CPPUNIT_TEST(reads_the_first_name_as_a_host_behind_two_slashes);
  CPPUNIT_TEST(reads_a_name_that_ends_like_a_port_as_no_path_too);
  CPPUNIT_TEST(reads_dot_segments_also_as_they_stand);
  CPPUNIT_TEST(reads_needless_encodings_also_as_they_stand);
  CPPUNIT_TEST(reads_what_is_encoded_twice_in_both_ways);
  CPPUNIT_TEST(reads_encoded_ends_of_a_path_in_both_ways);
  CPPUNIT_TEST(reads_what_windows_leaves_out_in_both_ways);
  CPPUNIT_TEST(reads_what_looks_like_a_slash_in_both_ways);
  CPPUNIT_TEST(ignores_case_where_it_is_told_to);
  CPPUNIT_TEST(takes_time_by_the_length_of_a_path);
  CPPUNIT_TEST_SUITE_END();

  static void refuses(std::string_view path) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(path), std::string("(refused)"), readings_of(path));
  }

  static void gives(std::string_view expected, std::string_view path,
                    Case letters = Case::kMatters) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(path), std::string(expected),
                                 readings_of(path, letters));
  }

  void refuses_encoded_slashes_and_backslashes() {
    for (const char* path :
         {"/a%2fb", "/a%2Fb", "/%2F", "/a\\b", "/a%5cb", "/..%5c..%5cb", "/\\a", "/a;%2f/b"}) {
      refuses(path);
    }
  }

  void refuses_control_characters() {
    refuses(std::string_view("/a\0b", 4));
    for (const char* path : {"/a%00", "/%00/b", "/a%0d%0ab", "/a%09", "/a%7f", "/a\tb", "/a;%00"}) {
      refuses(path);
    }
  }

  void refuses_unfinished_encodings() {
    for (const char* path : {"/%", "/a%2", "/%zz", "/%2", "/%g0", "/%%41", "/%u0041", "/a;%/b"}) {
      refuses(path);
    }
  }

  // RFC 3629 §3 and §4: overlong forms, halves of pairs, beyond U+10FFFF, cut short.
  void refuses_what_is_not_utf_8() {
    for (const char* path :
         {"/%c0%af", "/%c0%ae%c0%ae/", "/%e0%80%af", "/%f0%80%80%af", "/%ed%a0%80", "/%f4%90%80%80",
          "/%f5%80%80%80", "/%ff", "/%80", "/%c3", "/%c3/", "/%e2%82", "/%e2%82/x", "/\xe9"}) {
      refuses(path);
    }
  }

  void refuses_to_leave_the_root() {
    for (const char* path :
         {"/..", "/../", "/../a", "/a/../..", "/a/../../b", "/%2e%2e/a", "//../a", "/./../a"}) {
      refuses(path);
    }
  }

  void refuses_segments_that_become_dots_without_their_parameters() {
    for (const char* path : {"/public/..;/internal/x",
                             "/public/..;a=b/internal/x",
                             "/public/%2e%2e;/internal/x",
                             "/public/.;/../internal/x",
                             "/a/..;a=b;c=d/b",
                             "/a/..;;/b",
                             "/a/..%3b/b",
                             "/a/..%3Bx/b",
                             "/a/%2e%2e%3b/b",
                             "/a/.%2E;/b",
                             "/a/.;/b",
                             "/a/.;x/b",
                             "/a/%2e;/b",
                             "/a/..;",
                             "/..;/a",
                             "/a/..%253b/b",
                             "/a/%252e%252e;/b",
                             "/a/..%23/b",
                             "/a/..%3f/b",
                             "/a/..%2523/b",
                             "/a/..::$DATA/b",
                             "/a/..%3a%3a$INDEX_ALLOCATION/b"}) {
      refuses(path);
    }
  }

  void refuses_dots_that_are_encoded_more_than_once() {
    for (const char* path :
         {"/a/%252e%252e/b", "/a/.%252e/b", "/a/%252e/b", "/a/%25252e%25252e/b", "/a/..%252fb",
          "/a%252f..%252fb", "/a%252f%252e%252e%252fb", "/a/..%255cb", "/a/%25%32%65%25%32%65/b"}) {
      refuses(path);
    }
  }

  // U+FF0E, U+2024, U+2025 and U+FE52 are dots, U+FF0F, U+2215, U+2044 and U+FF3C slashes to who
  // takes characters for what they are compatible with; blanks go on Windows.
  void refuses_what_looks_like_dots() {
    for (const char* path :
         {"/a/%ef%bc%8e%ef%bc%8e/b", "/a/.%ef%bc%8e/b", "/a/%e2%80%a5/b", "/a/%e2%80%a4./b",
          "/a/%ef%b9%92./b", "/a/%ef%bc%8e/b", "/a/..%ef%bc%8fb", "/a%ef%bc%8f..%ef%bc%8fb",
          "/a/..%e2%88%95b", "/a/..%e2%81%84b", "/a/..%ef%bc%bcb", "/a/..%20/b", "/a/%20../b",
          "/a/.%20./b", "/a/.%20/b", "/a/.. /b"}) {
      refuses(path);
    }
  }

  void refuses_dots_behind_a_segment_that_is_none_or_several() {
    for (const char* path :
         {"/internal//../x.txt", "/internal///../x", "/internal//%2e%2e/x", "/internal//./../x",
          "/internal//y/../../x", "/a//../b", "/a/;/../b", "/a/;x/../b", "/a/%3b/../b",
          "/a/%20/../b", "/a/.../../b", "/a/b%252fc/../d", "/a/b%ef%bc%8fc/../d", "/a//b/../c"}) {
      refuses(path);
    }
  }

  void refuses_dots_behind_encoded_ones() {
    for (const char* path :
         {"/a/%2e/../b", "/a/b/%2e%2e/../c", "/a/b/.%2e/../c", "/a/b/%2e%2e/%2e%2e/c"}) {
      refuses(path);
    }
  }

  void refuses_dots_where_a_path_may_end() {
    for (const char* path : {"/a/%23/../b", "/a/../%23", "/a/%3f/../b", "/a%3f/../b", "/a/./b%23",
                             "/a/%2523/../b", "/a/%253f/../../b", "/a;%23/../b"}) {
      refuses(path);
    }
  }

  void refuses_control_characters_that_are_encoded_more_than_once() {
    for (const char* path :
         {"/a%2500", "/a%250a", "/a%25250db", "/a%257f", "/a%25u002e", "/%25U0041"}) {
      refuses(path);
    }
  }

  // Cut first, it is one segment; decoded first, it is two.
  void refuses_parameters_that_hold_a_slash_when_decoded_again() {
    for (const char* path : {"/a;%252fb", "/a;x%255cb/c", "/a%23%252fb", "/a;%ef%bc%8fb"}) {
      refuses(path);
    }
  }

  void refuses_streams_of_windows() {
    for (const char* path : {"/a.txt::$DATA", "/a.txt::$data", "/a::$INDEX_ALLOCATION/x",
                             "/a:$I30:$INDEX_ALLOCATION/x", "/a%3a%3a$DATA", "/a::%24DATA",
                             "/a%253a%253a%2524DATA", "/a:b:$DATA;c", "/a;b:$DATA"}) {
      refuses(path);
    }
    for (const char* path : {"/a:$5", "/a:$", "/$metadata", "/a$:b"}) gives(path, path);
  }

  void refuses_what_is_encoded_too_often() {
    gives("/* /a", "/%252561");
    refuses("/%25252561");
    refuses("/%2525252561");
  }

  void refuses_too_many_readings() {
    const auto folders = [](std::size_t count) {
      std::string path;
      for (std::size_t i = 0; i < count; ++i) path += "/a;x";
      return path;
    };
    CPPUNIT_ASSERT(request_paths(folders(fcgi::kMaxReadings - 1)).has_value());
    refuses(folders(fcgi::kMaxReadings));
    refuses(folders(2000));
  }

  void reads_ordinary_paths_in_one_way() {
    for (const char* path :
         {"/", "/a", "/a/b", "/A", "/.a", "/~a", "/a:b", "/a,b", "/a@b", "/a|b", "/a+b", "/a=b&c=d",
          "/(a)", "/a'b!$*", "/..a", "/a..b", "/[a]", "/index.html", "/a-b_c.d"}) {
      gives(path, path);
    }
    gives("/a", "/a/");
    gives("/a b", "/a%20b");
    gives("/\xc3\xa9", "/%C3%a9");
    gives("/\xc3\xa9", "/\xc3\xa9");
    gives("/100%", "/100%25");
    gives("/100% \xe6\x96\x87/~x", "/100%25%20%E6%96%87/%7Ex/");
    gives("/a@b:c,d", "/a%40b%3Ac%2Cd");
    gives("/1\xef\xbc\x8ex", "/1%EF%BC%8Ex");
    const std::string longest = "/" + std::string(8000, 'x');
    gives(longest, longest);
  }

  void reads_parameters_in_both_ways() {
    gives("/* /internal/x", "/internal;/x");
    gives("/* /internal/x /x", "/;/internal/x");
    gives("/* /internal/x", "/internal%3bv=1/x");
    gives("/a/* /a/b/* /a/b/c/* /a/b/c/d", "/a/;v/b/;/c/d;a=b;c");
    gives("/a/* /a/x", "/a/x;v=1");
  }

  void reads_empty_segments_in_both_ways() {
    gives("/", "//");
    gives("/a", "/a//");
    gives("/a/* /a/b", "/a//b");
    gives("/a/* /a/b/* /a/b/c", "/a//b///c/");
  }

  // "//host/path" is a relative URL (RFC 3986 §4.2).
  void reads_the_first_name_as_a_host_behind_two_slashes() {
    gives("/* /internal/x /x", "//internal/x");
    gives("/* /public/internal/x /internal/x", "//public/internal/x");
    gives("/* /public/internal/x /internal/x", "///public/internal/x");
    gives("/ /a", "//a");
    gives("/* /u@h:80/a /a", "//u@h:80/a");
    gives("/a/* /a/b/c", "/a//b/c");
    gives("/* /open/staff/x /staff/x", "/.//open/staff/x");
    gives("/* /open/staff/x /staff/x", "//./open/staff/x");
    gives("/x/* /* /open/staff/x /staff/x", "/x/..//open/staff/x");
    gives("/* /open/staff/x /staff/x", "/;x/open/staff/x");
    gives("/* /open/staff/x /staff/x", "/%252fopen/staff/x");
    gives("/* /open/staff/* /open/staff/x/y /staff/* /staff/x/y", "//open/staff/;/x/y");
    refuses("//open%252fstaff/x");
    refuses("//open%ef%bc%8fstaff/x");
    gives("/* /a/* /a/b/* /a/b/c /b/* /b/c", "//a/b%252fc");
  }

  // PHP's parse_url gives false then, and most programs show their first page.
  void reads_a_name_that_ends_like_a_port_as_no_path_too() {
    gives("/* /a:80", "/a:80");
    gives("/* /a:99999/b", "/a:99999/b");
    gives("/a/* /* /a/b:0", "/a/b%3A%30");
    gives("/* /a:b/c:80", "/a%3Ab/c:80");
    gives("/* /a/c:80", "/a;b:x/c:80");
    gives("/a:b/* /* /c:80", "/a:b/../c:80");
    gives("/* /h:x/c:80 /c:80", "//h:x/c:80");
    for (const char* path : {"/a:b", "/a:", "/a:123456", "/a:80b", "/80", "/a80", "/a:b80",
                             "/12:30.html", "/12:30-13:x", "/urn:isbn:12345", "/a:b/c:80"}) {
      gives(path, path);
    }
  }

  void reads_dot_segments_also_as_they_stand() {
    gives("/a/* /b", "/a/../b");
    gives("/public/* /internal/x", "/public/../internal/x");
    gives("/a/b/* /a/* /c", "/a/b/../../c");
    gives("/", "/.");
    gives("/a/* /a/b", "/a/./b");
    gives("/a/* /", "/a/..");
    gives("/a/b/* /a", "/a/b/..");
    gives("/a", "/a/.");
    gives("/a/* /b", "/a/%2e%2E/b");
  }

  // Of letters, digits, '-', '.' and '_' (RFC 3986 §2.3); old clients encode '~'.
  void reads_needless_encodings_also_as_they_stand() {
    gives("/* /private", "/%70rivate");
    gives("/a/* /a/b-c_d", "/a/b%2Dc%5fd");
    gives("/~a", "/%7Ea");
  }

  void reads_what_is_encoded_twice_in_both_ways() {
    gives("/* /private", "/%2570rivate");
    gives("/* /a b", "/a%2520b");
    gives("/job/* /job/feature/* /job/feature/x", "/job/feature%252Fx");
    gives("/* /internal", "/internal%253bx");
    gives("/* /a", "/a%252f");
  }

  void reads_encoded_ends_of_a_path_in_both_ways() {
    gives("/* /a /a/c", "/a%23b/c");
    gives("/* /a /a/c", "/a%3fb/c");
    gives("/x/* /x/a", "/x/a%23b");
    gives("/x", "/x/%23b");
  }

  void reads_what_windows_leaves_out_in_both_ways() {
    gives("/* /internal/x", "/internal./x");
    gives("/* /internal/x", "/internal%20/x");
    gives("/* /internal/x", "/internal.%20./x");
    gives("/a/* /a/b", "/a/.../b");
    gives("/a/* /a/b", "/a/%20/b");
  }

  void reads_what_looks_like_a_slash_in_both_ways() {
    gives("/* /TCP/* /TCP/IP", "/TCP%EF%BC%8FIP");
    gives("/* /1/* /1/2", "/1%E2%81%842");
  }

  void ignores_case_where_it_is_told_to() {
    gives("/Ab", "/Ab");
    gives("/ab/c", "/Ab/C", Case::kIgnored);
    gives("/* /staff", "/\xc5\xbftaff", Case::kIgnored);
    gives("/* /disk", "/DIS\xe2\x84\xaa", Case::kIgnored);
    gives("/* /in", "/%C4%B1N", Case::kIgnored);
    gives("/* /in", "/%C4%B0n", Case::kIgnored);
    gives("/* /strasse", "/STRA%C3%9FE", Case::kIgnored);
    gives("/* /staff", "/sta%EF%AC%80", Case::kIgnored);
    gives("/\xc3\xa9\xc5\x82", "/\xc3\xa9\xc5\x82", Case::kIgnored);
    gives("/\xc5\xbftaff", "/\xc5\xbftaff");
  }

  // What web servers take is 8 to 64 KiB long.
  void takes_time_by_the_length_of_a_path() {
    for (const char* part :
         {"/", "/.", "/a/..", ";", "/;", "%25", "/a", "%2525", "\xef\xbc\x8f", ".", "/a;", "a/."}) {
      std::string path = "/";
      while (path.size() < (64U << 10)) path += part;
      const std::clock_t begin = std::clock();
      static_cast<void>(request_paths(path));
      static_cast<void>(request_paths(path, Case::kIgnored));
      CPPUNIT_ASSERT_MESSAGE(part, std::clock() - begin < CLOCKS_PER_SEC);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestPathTest);

}  // namespace
