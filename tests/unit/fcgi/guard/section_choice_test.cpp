// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/section_choice.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

namespace {

using Variables = std::vector<std::string>;
using Headings = std::vector<std::string>;  // empty: for what is in no other's care

class SectionChoiceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SectionChoiceTest);
  CPPUNIT_TEST(has_no_choice_where_there_is_one_section);
  CPPUNIT_TEST(goes_by_the_host_that_the_web_server_names);
  CPPUNIT_TEST(goes_by_no_header);
  CPPUNIT_TEST(refuses_a_host_that_nobody_knows);
  CPPUNIT_TEST(refuses_hosts_that_do_not_agree);
  CPPUNIT_TEST(goes_by_the_path_of_the_url);
  CPPUNIT_TEST(takes_the_host_first_and_then_the_longest_path);
  CPPUNIT_TEST(refuses_a_path_that_may_be_of_several_sections);
  CPPUNIT_TEST(takes_a_path_in_capitals_for_the_same);
  CPPUNIT_TEST(refuses_to_reach_into_another_section);
  CPPUNIT_TEST(refuses_what_the_web_server_does_not_say);
  CPPUNIT_TEST(finds_the_metadata_of_a_path);
  CPPUNIT_TEST_SUITE_END();

  static fcgi::SectionChoice choice_of(const Headings& headings) {
    std::vector<std::vector<auth::Place>> sections;
    for (const std::string& heading : headings) {
      auto places = auth::parse_places(heading);
      CPPUNIT_ASSERT_MESSAGE(heading, places || heading.empty());
      sections.push_back(places ? *std::move(places) : std::vector<auth::Place>());
    }
    return fcgi::SectionChoice(sections);
  }

  // The section's heading, or the status of the refusal.
  static std::string found(const Headings& headings, const Variables& variables) {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    const auto section = choice_of(headings).find(fcgi::Request(pointers.data()));
    if (section) return headings[*section];
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"),
                         *section.error().response.header("cache-control"));
    return std::to_string(section.error().response.status);
  }

  static std::string at_host(const Headings& headings, const std::string& host) {
    return found(headings, {"SERVER_NAME=" + host, "REQUEST_METHOD=GET", "REQUEST_URI=/x"});
  }

  static std::string at_path(const Headings& headings, const std::string& target,
                             const std::string& method = "GET", Variables further = {}) {
    further.insert(further.end(), {"SERVER_NAME=a.example", "HTTP_HOST=a.example",
                                   "REQUEST_METHOD=" + method, "REQUEST_URI=" + target});
    return found(headings, further);
  }

  static void refuses(const Headings& headings, const Variables& targets) {
    for (const std::string& target : targets) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, std::string("403"), at_path(headings, target));
    }
  }

  void has_no_choice_where_there_is_one_section() {
    CPPUNIT_ASSERT(!choice_of({""}).is_free());
    CPPUNIT_ASSERT_EQUAL(std::string(), found({""}, {}));
    CPPUNIT_ASSERT(choice_of({"a.example"}).is_free());
  }

  void goes_by_the_host_that_the_web_server_names() {
    const Headings headings = {"", "b.example www.b.example", "c.example"};
    CPPUNIT_ASSERT_EQUAL(headings[0], at_host(headings, "a.example"));
    for (const std::string host :
         {"b.example", "B.Example", "b.example.", "b.example:8080", "www.b.example"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, headings[1], at_host(headings, host));
    }
    CPPUNIT_ASSERT_EQUAL(headings[2], at_host(headings, "c.example"));
    for (const std::string host : {"xb.example", "b.example.org", "b.exampl", "", "."}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(host, headings[0], at_host(headings, host));
    }
  }

  void goes_by_no_header() {
    const Headings headings = {"", "b.example"};
    for (const std::string header :
         {"HTTP_HOST=b.example", "HTTP_X_FORWARDED_HOST=b.example", "HTTP_SERVER_NAME=b.example",
          "HTTP_FORWARDED=host=b.example", "SERVER_NAME_=b.example", "X_SERVER_NAME=b.example"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(header, headings[0],
                                   found(headings, {header, "SERVER_NAME=a.example"}));
    }
  }

  void refuses_a_host_that_nobody_knows() {
    const Headings headings = {"a.example", "b.example/shop"};
    CPPUNIT_ASSERT_EQUAL(std::string("403"), at_host(headings, "c.example"));
    CPPUNIT_ASSERT_EQUAL(std::string("403"), at_host(headings, ""));
    CPPUNIT_ASSERT_EQUAL(std::string("403"), at_host(headings, "b.example"));
  }

  void refuses_hosts_that_do_not_agree() {
    const Headings headings = {"", "b.example"};
    CPPUNIT_ASSERT_EQUAL(std::string("403"),
                         found(headings, {"SERVER_NAME=a.example", "SERVER_NAME=b.example"}));
    CPPUNIT_ASSERT_EQUAL(headings[1],
                         found(headings, {"SERVER_NAME=b.example", "SERVER_NAME=B.example."}));
  }

  void goes_by_the_path_of_the_url() {
    const Headings headings = {"", "/shop", "/shop/inner /x"};
    const std::pair<std::string, std::string> targets[] = {{"/", ""},
                                                           {"/shop", "/shop"},
                                                           {"/shop/", "/shop"},
                                                           {"/shop/a?b=/x", "/shop"},
                                                           {"/shopping", ""},
                                                           {"/a/shop", ""},
                                                           {"/shop/inner", headings[2]},
                                                           {"/shop/innermost", "/shop"},
                                                           {"/x/y", headings[2]},
                                                           {"http://a.example/shop/a", "/shop"},
                                                           {"/caf%C3%A9", ""},
                                                           {"/shop/caf%C3%A9", "/shop"}};
    for (const auto& [target, section] : targets) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, section, at_path(headings, target));
    }
  }

  void takes_the_host_first_and_then_the_longest_path() {
    const Headings headings = {"", "/shop", "a.example", "a.example/deep", "b.example/shop"};
    CPPUNIT_ASSERT_EQUAL(headings[2], at_path(headings, "/shop/x"));
    CPPUNIT_ASSERT_EQUAL(headings[3], at_path(headings, "/deep/x"));
    const auto at = [&](const std::string& host, const std::string& target) {
      return found(headings,
                   {"SERVER_NAME=" + host, "REQUEST_METHOD=GET", "REQUEST_URI=" + target});
    };
    CPPUNIT_ASSERT_EQUAL(headings[4], at("b.example", "/shop/x"));
    CPPUNIT_ASSERT_EQUAL(headings[1], at("c.example", "/shop/x"));
    CPPUNIT_ASSERT_EQUAL(headings[0], at("b.example", "/deep/x"));
  }

  void refuses_a_path_that_may_be_of_several_sections() {
    refuses({"", "/shop"},
            {"/shop/../x", "/x/../shop/y", "//shop/x", "/shop;v=1/x", "/x/..%2fshop", "/%73hop/x",
             "/shop%2fx", "/./shop/x", "/shop%20/x", "/shop./x", "/x%252f..%252fshop", "x", "*",
             "/x/%2e%2e/shop", "//a.example/shop/x"});
    CPPUNIT_ASSERT_EQUAL(std::string("/shop"), at_path({"", "/shop"}, "/shop/a;v=1"));
    CPPUNIT_ASSERT_EQUAL(std::string("/shop"), at_path({"", "/shop"}, "/shop/a/../b"));
    CPPUNIT_ASSERT_EQUAL(std::string(), at_path({"", "/shop"}, "/x;v=1/y"));
    CPPUNIT_ASSERT_EQUAL(std::string("403"),
                         at_path({"", "/shop"}, "/x", "GET", {"HTTP_X_ORIGINAL_URL=/shop/x"}));
    CPPUNIT_ASSERT_EQUAL(std::string("403"),
                         at_path({"", "/shop"}, "/shop/x", "GET", {"HTTP_X_REWRITE_URL=/x"}));
    // By host alone no path matters.
    CPPUNIT_ASSERT_EQUAL(std::string("a.example"), at_path({"", "a.example"}, "/x/../y"));
  }

  void takes_a_path_in_capitals_for_the_same() {
    CPPUNIT_ASSERT_EQUAL(std::string("/Shop"), at_path({"", "/Shop"}, "/SHOP/x"));
    CPPUNIT_ASSERT_EQUAL(std::string("/Shop"), at_path({"", "/Shop"}, "/shop/x"));
  }

  void refuses_to_reach_into_another_section() {
    const Headings headings = {"", "/shop", "b.example/other"};
    const auto copy = [&](const std::string& from, const std::string& to) {
      return at_path(headings, from, "COPY", {"HTTP_DESTINATION=" + to});
    };
    CPPUNIT_ASSERT_EQUAL(std::string("403"), copy("/x", "/shop/x"));
    CPPUNIT_ASSERT_EQUAL(std::string("403"), copy("/shop/x", "/x"));
    CPPUNIT_ASSERT_EQUAL(std::string("/shop"), copy("/shop/x", "/shop/y"));
    CPPUNIT_ASSERT_EQUAL(std::string(), copy("/x", "/y"));
    CPPUNIT_ASSERT_EQUAL(std::string("403"), at_path(headings, "/", "DELETE"));
    CPPUNIT_ASSERT_EQUAL(std::string("403"), at_path(headings, "/", "PROPFIND"));
    CPPUNIT_ASSERT_EQUAL(std::string(), at_path(headings, "/", "PROPFIND", {"HTTP_DEPTH=0"}));
    // What is at another host is not below.
    CPPUNIT_ASSERT_EQUAL(std::string(), at_path({"", "b.example/other"}, "/", "DELETE"));
    // Nor what another one's own place takes the path from.
    CPPUNIT_ASSERT_EQUAL(std::string("a.example"),
                         at_path({"", "/shop", "a.example"}, "/", "DELETE"));
    CPPUNIT_ASSERT_EQUAL(std::string("/shop"), at_path(headings, "/shop", "DELETE"));
    CPPUNIT_ASSERT_EQUAL(std::string("403"),
                         at_path(headings, "/", "POST", {"HTTP_X_HTTP_METHOD_OVERRIDE=DELETE"}));
  }

  void refuses_what_the_web_server_does_not_say() {
    CPPUNIT_ASSERT_EQUAL(std::string("403"),
                         found({"", "b.example"}, {"REQUEST_METHOD=GET", "REQUEST_URI=/x"}));
    CPPUNIT_ASSERT_EQUAL(std::string("403"),
                         found({"", "/shop"}, {"REQUEST_METHOD=GET", "PATH_INFO=/shop/x"}));
    CPPUNIT_ASSERT_EQUAL(std::string("/shop"),
                         found({"", "/shop"}, {"REQUEST_METHOD=GET", "REQUEST_URI=/shop/x"}));
  }

  void finds_the_metadata_of_a_path() {
    const std::string script = "SCRIPT_NAME=/.well-known/oauth-protected-resource";
    const std::string url = "/.well-known/oauth-protected-resource/shop/api";
    CPPUNIT_ASSERT_EQUAL(std::string("/shop"),
                         at_path({"", "/shop"}, url, "GET", {script, "PATH_INFO=/shop/api"}));
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         at_path({"", "/shop"}, "/.well-known/oauth-protected-resource", "GET",
                                 {script, "PATH_INFO="}));
    CPPUNIT_ASSERT_EQUAL(
        std::string("403"),
        at_path({"/shop"}, "/.well-known/oauth-protected-resource", "GET", {script, "PATH_INFO="}));
    // It is a path like others to who guards what other programs serve.
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         at_path({"", "/shop"}, url, "GET",
                                 {script, "PATH_INFO=/shop/api", "FCGI_ROLE=AUTHORIZER"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SectionChoiceTest);

}  // namespace
