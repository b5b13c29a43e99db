// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/webdav.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

namespace {

using Variables = std::vector<const char*>;

class WebdavTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebdavTest);
  CPPUNIT_TEST(refuses_a_destination_that_is_missing_or_repeated);
  CPPUNIT_TEST(refuses_a_destination_of_another_host);
  CPPUNIT_TEST(refuses_a_destination_that_cannot_be_read);
  CPPUNIT_TEST(takes_the_path_out_of_a_destination);
  CPPUNIT_TEST(takes_other_writings_of_a_host_for_the_same);
  CPPUNIT_TEST(knows_who_writes_to_a_second_path);
  CPPUNIT_TEST(takes_a_depth_of_zero_alone_for_the_resource_itself);
  CPPUNIT_TEST_SUITE_END();

  static std::string path_in(Variables variables) {
    variables.push_back(nullptr);
    const fcgi::Request request(variables.data());
    return std::string(fcgi::destination_path(request).value_or("(refused)"));
  }

  static void gives(const std::string& path, const std::string& destination,
                    const char* host = "HTTP_HOST=host") {
    const std::string variable = "HTTP_DESTINATION=" + destination;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(host + (", " + destination), path,
                                 path_in({host, variable.c_str()}));
  }

  static void refuses(const std::string& destination, const char* host = "HTTP_HOST=host") {
    gives("(refused)", destination, host);
  }

  void refuses_a_destination_that_is_missing_or_repeated() {
    const std::string refused = "(refused)";
    CPPUNIT_ASSERT_EQUAL(refused, path_in({"HTTP_HOST=host"}));
    CPPUNIT_ASSERT_EQUAL(refused, path_in({"HTTP_DESTINATION=/a", "HTTP_DESTINATION=/a"}));
    CPPUNIT_ASSERT_EQUAL(refused, path_in({"HTTP_DESTINATIONS=/a", "HTTP_X_DESTINATION=/a"}));
    refuses("");
  }

  void refuses_a_destination_of_another_host() {
    for (const char* destination :
         {"http://other/a", "https://other/a", "http://host:8080/a", "http://host.other/a",
          "http://hos/a", "http://host:/a", "//other/a"}) {
      refuses(destination);
    }
    refuses("http://host/a", "HTTP_HOST=host:8080");
    refuses("http://host/a", "HTTP_HOST=");
    refuses("http://host/a", "X=");
  }

  void refuses_a_destination_that_cannot_be_read() {
    for (const char* destination :
         {"a", "*", "ftp://host/a", "http://user@host/a", "http:///a", "http:/a", "/a#b",
          "http://host/a#b", " /a", "http://host/a, http://host/b"}) {
      refuses(destination);
    }
  }

  void takes_the_path_out_of_a_destination() {
    gives("/a/%62", "/a/%62");
    gives("/a/%62", "http://host/a/%62");
    gives("/a", "http://host/a?b=/c");
    gives("/", "http://host");
    gives("//a", "http://host//a");
  }

  void takes_other_writings_of_a_host_for_the_same() {
    for (const char* host :
         {"HTTP_HOST=host", "HTTP_HOST=HOST", "HTTP_HOST=host:80", "HTTP_HOST=host:443"}) {
      for (const char* destination : {"http://host/a", "https://host/a", "HTTP://Host/a",
                                      "https://host:443/a", "http://host:80/a"}) {
        gives("/a", destination, host);
      }
    }
    gives("/a", "http://host:8080/a", "HTTP_HOST=Host:8080");
    gives("/a", "http://[::1]:80/a", "HTTP_HOST=[::1]");
  }

  void knows_who_writes_to_a_second_path() {
    CPPUNIT_ASSERT(fcgi::has_destination("COPY") && fcgi::has_destination("MOVE"));
    for (const char* method : {"GET", "PUT", "DELETE", "LOCK", "MKCOL"}) {
      CPPUNIT_ASSERT_MESSAGE(method, !fcgi::has_destination(method));
    }
  }

  static bool reaches(const char* method, Variables variables) {
    variables.push_back(nullptr);
    return fcgi::reaches_below(fcgi::Request(variables.data()), method);
  }

  void takes_a_depth_of_zero_alone_for_the_resource_itself() {
    for (const char* method : {"PROPFIND", "LOCK"}) {
      CPPUNIT_ASSERT(!reaches(method, {"HTTP_DEPTH=0"}));
      for (const char* depth :
           {"HTTP_DEPTH=1", "HTTP_DEPTH=infinity", "HTTP_DEPTH=", "HTTP_DEPTH=00",
            "HTTP_DEPTH=0,infinity", "HTTP_DEPTH=0 ", "X=", "HTTP_DEPTHS=0"}) {
        CPPUNIT_ASSERT_MESSAGE(depth, reaches(method, {depth}));
      }
      CPPUNIT_ASSERT(reaches(method, {"HTTP_DEPTH=0", "HTTP_DEPTH=infinity"}));
      CPPUNIT_ASSERT(reaches(method, {"HTTP_DEPTH=0", "HTTP_DEPTH=0"}));
    }
    for (const char* method : {"DELETE", "COPY", "MOVE", "REPORT", "X"}) {
      CPPUNIT_ASSERT_MESSAGE(method, reaches(method, {"HTTP_DEPTH=0"}));
    }
    CPPUNIT_ASSERT(!reaches("GET", {"HTTP_DEPTH=infinity"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebdavTest);

}  // namespace
