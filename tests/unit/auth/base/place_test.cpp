// SPDX-License-Identifier: Apache-2.0
#include "auth/base/place.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>

namespace {

using auth::Place;

class PlaceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PlaceTest);
  CPPUNIT_TEST(reads_hosts_and_paths);
  CPPUNIT_TEST(reads_several_of_one_heading);
  CPPUNIT_TEST(writes_them_as_a_heading_does);
  CPPUNIT_TEST(refuses_what_is_no_host);
  CPPUNIT_TEST(refuses_paths_that_programs_read_differently);
  CPPUNIT_TEST(refuses_an_empty_heading);
  CPPUNIT_TEST(knows_a_host_however_the_web_server_writes_it);
  CPPUNIT_TEST_SUITE_END();

  static Place one_of(const std::string& heading) {
    const auto places = auth::parse_places(heading);
    CPPUNIT_ASSERT_MESSAGE(heading, places && places->size() == 1);
    return places->front();
  }

  static void refuses(const std::string& problem, const std::string& heading) {
    const auto places = auth::parse_places(heading);
    CPPUNIT_ASSERT_MESSAGE(heading, !places);
    const std::string& sentence = places.error().sentence;
    CPPUNIT_ASSERT_MESSAGE(heading + ": " + sentence, sentence.starts_with(problem));
  }

  void reads_hosts_and_paths() {
    CPPUNIT_ASSERT(one_of("api.example.org") == (Place{"api.example.org", "/"}));
    CPPUNIT_ASSERT(one_of("API.Example.org.") == (Place{"api.example.org", "/"}));
    CPPUNIT_ASSERT(one_of("api.example.org/") == (Place{"api.example.org", "/"}));
    CPPUNIT_ASSERT(one_of("/") == (Place{"", "/"}));
    CPPUNIT_ASSERT(one_of("/Shop/") == (Place{"", "/shop"}));
    CPPUNIT_ASSERT(one_of("h/a/b-1_2.c/~d") == (Place{"h", "/a/b-1_2.c/~d"}));
    CPPUNIT_ASSERT(one_of("192.0.2.1") == (Place{"192.0.2.1", "/"}));
    CPPUNIT_ASSERT(one_of("[2001:DB8::1]/x") == (Place{"[2001:db8::1]", "/x"}));
    CPPUNIT_ASSERT(one_of("_") == (Place{"_", "/"}));
    CPPUNIT_ASSERT(one_of("xn--mller-kva.example") == (Place{"xn--mller-kva.example", "/"}));
  }

  void reads_several_of_one_heading() {
    const auto places = auth::parse_places("  a.example \t b.example/x  /y ");
    CPPUNIT_ASSERT(places && places->size() == 3);
    CPPUNIT_ASSERT((*places)[1] == (Place{"b.example", "/x"}));
  }

  void writes_them_as_a_heading_does() {
    for (const std::string text : {"a.example", "a.example/x", "/x", "/"}) {
      CPPUNIT_ASSERT_EQUAL(text, to_string(one_of(text)));
    }
  }

  void refuses_what_is_no_host() {
    refuses("names a URL", "https://a.example");
    refuses("names a URL", "https://a.example/shop");
    refuses("names many hosts", "*.example.org");
    refuses("names many hosts", "*");
    refuses("names a port", "a.example:8443");
    refuses("names a port", "a.example:8443/shop");
    refuses("names a host that is not ASCII", "m\u00fcller.example");
    for (const std::string heading :
         {"a..example", ".example", "user@a.example", "a,b", "[::1", "::1", "[]", "[x y]", "a%41",
          "a\\b", "-->", "\"a.example\"", "a=b"}) {
      CPPUNIT_ASSERT_MESSAGE(heading, !auth::parse_places(heading));
    }
    refuses("names no host", std::string(64, 'a'));
    refuses(
        "names no host",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjI1MDcxOTQ0NzQwNzM5NTI5OTEyMzQ1Njc4OTAxMjM0NTY3ODkwIn0.eyJ");
    std::string long_host;
    for (int i = 0; i < 130; ++i) long_host += "a.";
    refuses("names no host", long_host + "a");
  }

  void refuses_paths_that_programs_read_differently() {
    for (const std::string heading :
         {"//", "/a//b", "/./a", "/a/..", "/a/../b", "/a%20b", "/a;b", "/a?b", "/a#b", "/caf\u00e9",
          "/a:80", "/a.", "/.a", "/a\\b", "h//", "/a*"}) {
      refuses("names a path that is not plain", heading);
    }
  }

  void refuses_an_empty_heading() {
    refuses("is empty", "");
    refuses("is empty", " \t ");
  }

  void knows_a_host_however_the_web_server_writes_it() {
    const std::pair<std::string, std::string> names[] = {{"a.example", "a.example"},
                                                         {"A.EXAMPLE", "a.example"},
                                                         {"a.example.", "a.example"},
                                                         {"a.example:80", "a.example"},
                                                         {"a.example.:80", "a.example"},
                                                         {"[::1]", "[::1]"},
                                                         {"[::1]:8080", "[::1]"},
                                                         {"::1", "::1"},
                                                         {"", ""},
                                                         {"[", "["},
                                                         {":", ""},
                                                         {".", ""},
                                                         {"a.example:8o", "a.example:8o"},
                                                         {"a.example:", "a.example"},
                                                         {"_", "_"}};
    for (const auto& [name, plain] : names) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, plain, auth::plain_host(name));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PlaceTest);

}  // namespace
