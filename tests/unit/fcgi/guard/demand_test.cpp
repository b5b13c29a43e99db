// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/demand.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Variables = std::vector<std::string>;

class DemandTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DemandTest);
  CPPUNIT_TEST(refuses_methods_that_are_none);
  CPPUNIT_TEST(refuses_paths_of_which_nobody_means_well);
  CPPUNIT_TEST(asks_for_all_that_a_path_may_be);
  CPPUNIT_TEST(refuses_what_no_rule_opens_in_one_of_its_readings);
  CPPUNIT_TEST(ordinary_paths_have_the_rule_that_is_theirs);
  CPPUNIT_TEST(ignores_case_where_the_rules_say_so);
  CPPUNIT_TEST(refuses_methods_that_no_line_is_for);
  CPPUNIT_TEST(asks_for_what_an_override_needs_too);
  CPPUNIT_TEST(counts_a_header_that_names_another_path);
  CPPUNIT_TEST(refuses_to_write_to_a_destination_that_is_not_open);
  CPPUNIT_TEST(asks_for_what_the_destination_needs);
  CPPUNIT_TEST(asks_for_what_lies_below);
  CPPUNIT_TEST(asks_for_what_lies_below_the_destination);
  CPPUNIT_TEST(asks_for_nothing_below_where_nothing_is_reached);
  CPPUNIT_TEST(looks_at_no_header_of_webdav_for_other_methods);
  CPPUNIT_TEST(asks_for_each_requirement_once);
  CPPUNIT_TEST(holds_the_rules_that_it_refers_to);
  CPPUNIT_TEST_SUITE_END();

  static std::shared_ptr<const fcgi::Rules> rules_of(std::string_view text) {
    auto parsed = fcgi::Rules::parse(text);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), parsed.has_value());
    return std::make_shared<const fcgi::Rules>(*std::move(parsed));
  }

  static auto demand_of(std::string_view rules, const Variables& variables) {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    return fcgi::demand_of(fcgi::Request(pointers.data()), rules_of(rules));
  }

  // What is asked for, or the status of the refusal, with Allow.
  static std::string asked(std::string_view rules, const std::string& target,
                           const std::string& method = "GET", const Variables& further = {}) {
    Variables variables = {"REQUEST_METHOD=" + method, "REQUEST_URI=" + target, "HTTP_HOST=host"};
    variables.insert(variables.end(), further.begin(), further.end());
    const auto outcome = demand_of(rules, variables);
    if (outcome) return (*outcome)->describe();
    const auto& refusal = outcome.error().response;
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), *refusal.header("cache-control"));
    const std::string* allow = refusal.header("allow");
    return std::to_string(refusal.status) + (allow == nullptr ? "" : " " + *allow);
  }

  static void asks(std::string_view expected, std::string_view rules, const std::string& target,
                   const std::string& method = "GET", const Variables& further = {}) {
    std::string message = method + " " + target;
    for (const std::string& each : further) message += ", " + each;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message, std::string(expected),
                                 asked(rules, target, method, further));
  }

  static constexpr std::string_view kSite = "/ token\n/public/ public\n/internal/ role:staff\n";
  static constexpr std::string_view kOpenSite = "/ public\n/internal/ role:staff\n";

  void refuses_methods_that_are_none() {
    for (const char* method : {"post", "Post", "", "GET1", "*", "GET,POST"}) {
      asks("400", kOpenSite, "/", method);
    }
    asks("400", kOpenSite, "/", "POST", {"HTTP_X_METHOD_OVERRIDE=?"});
    asks("400", kOpenSite, "/?_method=", "POST");
    // Both are wrong: the request is malformed whatever it is for.
    asks("400", kOpenSite, "*", "get");
  }

  void refuses_paths_of_which_nobody_means_well() {
    for (const char* target :
         {"/public/..;/internal/x", "/public/..;a=b/internal/x", "/public/%2e%2e;/internal/x",
          "/public/.;/../internal/x", "/public/#/../../internal/secret.txt", "/internal//../x.txt",
          "", "*", "host:80", "/public/%252e%252e/internal", "/public%00", "/%c0%ae/x",
          "/internal::$INDEX_ALLOCATION/x", "/internal/x.txt::$DATA"}) {
      asks("403", kSite, target);
      asks("403", kOpenSite, target);
    }
  }

  void asks_for_all_that_a_path_may_be() {
    for (const char* target :
         {"/internal;/x", "/;/internal/x", "/internal%3bv=1/x", "/%69nternal/x", "//internal/x",
          "/public/../internal/x", "/internal/../public/x", "//public/internal/x", "/internal%20/x",
          "/internal./x", "/internal%23x", "/%2569nternal/x", "/internal/../x"}) {
      asks("the role staff", kSite, target);
    }
    for (const char* target : {"/internal;/x", "/;/internal/x", "//internal/x", "//x/internal/y"}) {
      asks("the role staff", kOpenSite, target);
    }
    for (const char* target : {"//public/x", "/public;v=1/x", "/%70ublic/x", "/x/../public/y"}) {
      asks("a valid access token", kSite, target);
    }
    asks("the role a, and the role b", "/ role:a\n/x role:b\n", "/x;v=1");
    asks("the role a, and the role b or the role c", "/x role:a\n/y role:b or role:c\n", "/x/../y");
  }

  void refuses_what_no_rule_opens_in_one_of_its_readings() {
    constexpr std::string_view kPublic = "/public public\n";
    asks("nothing", kPublic, "/public/x");
    for (const char* target :
         {"/", "/x", "/public;/x", "//public/x", "/%70ublic/x", "/public./x"}) {
      asks("403", kPublic, target);
    }
    asks("405 POST", "/ token POST\n/x public\n", "/x;v=1");
  }

  void ordinary_paths_have_the_rule_that_is_theirs() {
    for (const char* target :
         {"/public", "/public/", "/public/a%20b", "/public/caf%C3%A9", "/public/x;v=1",
          "/public//x", "/public/~x", "/public/a@b:c,d+e", "/public/./x", "/public/x?a=/../b",
          "/public/100%25", "/public/a.", "/public/feature%252Fx", "http://host/public/x",
          "HTTP://host/public/x"}) {
      asks("nothing", kSite, target);
    }
    asks("nothing", "/ token\n/caf\xc3\xa9 public\n", "/caf%C3%A9/x");
  }

  void ignores_case_where_the_rules_say_so() {
    constexpr std::string_view kCaseless =
        "caseless\n/ token\n/Public/ public\n/internal/ role:staff\n/disks role:d\n";
    for (const char* target : {"/internal/x", "/INTERNAL/x", "/Internal;/x", "/%49nternal",
                               "/%C4%B1nternal", "/\xc4\xb0NTERNAL/x"}) {
      asks("the role staff", kCaseless, target);
    }
    for (const char* target : {"/DISKS", "/Di%C5%BFks", "/DIS\xe2\x84\xaaS/x"}) {
      asks("the role d", kCaseless, target);
    }
    for (const char* target : {"/public/x", "/PUBLIC/X", "/Public"}) {
      asks("nothing", kCaseless, target);
    }
    asks("a valid access token", kSite, "/INTERNAL/x");
  }

  void refuses_methods_that_no_line_is_for() {
    constexpr std::string_view kReports =
        "/ public\n/x role:read\n/x role:write POST PUT DELETE\n/y role:read GET\n/y role:write "
        "*\n";
    for (const char* method : {"PATCH", "PROPPATCH", "OPTIONS", "MOVE", "X"}) {
      asks("405 GET, HEAD, POST, PUT, DELETE", kReports, "/x", method);
      asks("405 GET, HEAD, POST, PUT, DELETE", kReports, "/x/y;z", method);
    }
    for (const char* method : {"POST", "PATCH", "PROPPATCH", "OPTIONS", "X"}) {
      asks("the role write", kReports, "/y", method);
    }
    asks("the role read", kReports, "/x", "HEAD");
    asks("the role write", kReports, "/x", "PUT");
    asks("the role read", kReports, "/y", "HEAD");
    asks("nothing", kReports, "/z", "PATCH");
  }

  void asks_for_what_an_override_needs_too() {
    constexpr std::string_view kReports = "/x role:read GET\n/x role:write *\n/y role:a POST PUT\n";
    for (const char* header : {"HTTP_X_HTTP_METHOD_OVERRIDE=PUT", "HTTP_X_METHOD_OVERRIDE=put",
                               "HTTP_X_HTTP_METHOD=DELETE"}) {
      asks("the role read, and the role write", kReports, "/x", "GET", {header});
      asks("the role write", kReports, "/x", "POST", {header});
    }
    asks("the role write, and the role read", kReports, "/x?_method=GET", "POST");
    asks("the role a", kReports, "/y", "POST", {"HTTP_X_HTTP_METHOD=PUT"});
    asks("405 POST, PUT", kReports, "/y", "POST", {"HTTP_X_HTTP_METHOD=DELETE"});
    asks("405 POST, PUT", kReports, "/y?_method=delete", "POST");
    asks("405 POST, PUT", kReports, "/y", "POST",
         {"HTTP_X_HTTP_METHOD=PUT", "HTTP_X_HTTP_METHOD=DELETE"});
    asks("403", kOpenSite, "/a", "POST", {"HTTP_X_HTTP_METHOD=MOVE"});
    asks("the role staff", kOpenSite, "/a", "POST",
         {"HTTP_X_HTTP_METHOD=MOVE", "HTTP_DESTINATION=/internal/a"});
  }

  // X-Original-URL and X-Rewrite-URL, which IIS sets and several frameworks of PHP believed.
  void counts_a_header_that_names_another_path() {
    for (const char* name : {"HTTP_X_ORIGINAL_URL=", "HTTP_X_REWRITE_URL="}) {
      const std::string header(name);
      asks("the role staff", kOpenSite, "/x", "GET", {header + "/internal/y"});
      asks("the role staff", kOpenSite, "/x", "GET", {header + "http://host/internal/y"});
      asks("the role staff", kOpenSite, "/x", "GET", {header + "/x", header + "/internal"});
      asks("the role staff", kOpenSite, "/internal", "GET", {header + "/x"});
      asks("nothing", kOpenSite, "/x", "GET", {header + "/y"});
      for (const char* path : {"", "x", "/..;/internal", "/#"}) {
        asks("403", kOpenSite, "/x", "GET", {header + path});
      }
      asks("403", kOpenSite, "/x", "GET", Variables(100, header + "/x"));
    }
    asks("nothing", kOpenSite, "/x", "GET", {"HTTP_X_ORIGINAL_URLS=/internal"});
  }

  void refuses_to_write_to_a_destination_that_is_not_open() {
    for (const char* method : {"COPY", "MOVE"}) {
      asks("403", kOpenSite, "/a", method);
      for (const char* destination :
           {"", "b", "http://other/b", "http://host:8080/b", "/b#", "/..;/b",
            "/b/%252e%252e/internal", "http://user@host/b", "/a%2fb"}) {
        asks("403", kOpenSite, "/a", method, {std::string("HTTP_DESTINATION=") + destination});
      }
      asks("403", kOpenSite, "/a", method, {"HTTP_DESTINATION=/b", "HTTP_DESTINATION=/b"});
      asks("403", "/a public\n", "/a", method, {"HTTP_DESTINATION=/b"});
      asks("405 GET, HEAD", "/ public\n/b public GET\n", "/a", method, {"HTTP_DESTINATION=/b"});
    }
  }

  void asks_for_what_the_destination_needs() {
    for (const char* method : {"COPY", "MOVE"}) {
      for (const char* destination :
           {"/internal/new.txt", "http://host/internal/new.txt", "/internal;/new.txt",
            "https://HOST:443/%69nternal/new.txt"}) {
        asks("the role staff", kOpenSite, "/pub/p.txt", method,
             {std::string("HTTP_DESTINATION=") + destination});
      }
      asks("nothing", kOpenSite, "/pub/p.txt", method, {"HTTP_DESTINATION=/pub/q.txt"});
      asks("the role a, and the role b", "/a role:a\n/b role:b\n", "/a/x", method,
           {"HTTP_DESTINATION=/b/x"});
    }
    asks("the role staff", "caseless\n/ public\n/internal role:staff\n", "/a", "COPY",
         {"HTTP_DESTINATION=/INTERNAL/a"});
  }

  static constexpr std::string_view kFolders =
      "/ token\n/a/ role:a\n/a/priv/ role:priv\n/a/read/ role:read GET\n/ab/ role:ab\n/b/ role:b\n"
      "/b/c/d/ role:d\n";

  void asks_for_what_lies_below() {
    for (const char* method : {"DELETE", "PROPFIND", "LOCK", "REPORT", "SEARCH", "ACL", "X"}) {
      asks("the role b, and the role d", kFolders, "/b", method);
      asks("the role b, and the role d", kFolders, "/b/c/", method);
      asks("the role d", kFolders, "/b/c/d", method);
      asks("the role b", kFolders, "/b/x", method);
      asks("403", kFolders, "/a", method);
      asks("403", kFolders, "/", method);
      asks("the role priv", kFolders, "/a/priv", method);
    }
    for (const char* depth : {"1", "infinity", "", "0,1"}) {
      asks("the role b, and the role d", kFolders, "/b", "PROPFIND",
           {std::string("HTTP_DEPTH=") + depth});
    }
    asks("the role b, and the role d", kFolders, "/b", "DELETE", {"HTTP_DEPTH=0"});
    asks("the role b, and the role d", kFolders, "/b//", "DELETE");
  }

  // RFC 4918 §9.8.4: what is there already is removed, with all that lies below.
  void asks_for_what_lies_below_the_destination() {
    asks("the role ab, and the role b, and the role d", kFolders, "/ab/x", "COPY",
         {"HTTP_DESTINATION=/b", "HTTP_DEPTH=0"});
    asks("the role b, and the role d, and the role ab", kFolders, "/b", "MOVE",
         {"HTTP_DESTINATION=/ab/x"});
    asks("403", kFolders, "/ab", "MOVE", {"HTTP_DESTINATION=/a"});
  }

  void asks_for_nothing_below_where_nothing_is_reached() {
    for (const char* method :
         {"GET", "HEAD", "POST", "PUT", "PATCH", "MKCOL", "PROPPATCH", "UNLOCK", "OPTIONS"}) {
      asks("the role b", kFolders, "/b", method);
    }
    for (const char* method : {"PROPFIND", "LOCK"}) {
      asks("the role b", kFolders, "/b", method, {"HTTP_DEPTH=0"});
    }
    // nginx copies all that lies below, whatever depth is named.
    asks("the role b, and the role d, and the role ab", kFolders, "/b", "COPY",
         {"HTTP_DEPTH=0", "HTTP_DESTINATION=/ab/x"});
    // Something in / is meant, or /x, but not / with all that lies below it.
    asks("a valid access token", kFolders, "/x;y", "DELETE");
  }

  void looks_at_no_header_of_webdav_for_other_methods() {
    asks("nothing", kOpenSite, "/a", "GET", {"HTTP_DESTINATION=/internal", "HTTP_DEPTH=infinity"});
    asks("nothing", kOpenSite, "/a", "PUT", {"HTTP_DESTINATION=http://other/"});
  }

  void asks_for_each_requirement_once() {
    asks("the role a", "/x role:a\n/x/y role:a\n/x/z  role:a\n", "/x", "DELETE");
    asks("the role a, and the role b", "/x role:a\n/x/y role:b\n/x/z role:b\n", "/x", "DELETE");
    asks("the role a", "/ role:a\n/x token\n/x/y role:a\n", "/x;/y;/z");
    std::string rules = "/ role:first\n";
    for (int i = 0; i < 900; ++i) {
      const std::string number = std::to_string(i);
      rules += "/" + number + " role:" + number + std::string(100, 'x') + "\n";
    }
    const std::string all = asked(rules, "/", "DELETE");
    CPPUNIT_ASSERT(all.starts_with("the role first, and the role 0x") &&
                   all.ends_with(", and more"));
    CPPUNIT_ASSERT(all.size() < auth::kMaxDescribedBytes + 50);
  }

  void holds_the_rules_that_it_refers_to() {
    for (const auto& [target, expected] :
         {std::pair{"/", "the role a"}, std::pair{"/x;", "the role a, and the role b"}}) {
      const auto outcome = demand_of("/ role:a\n/x role:b\n",
                                     {"REQUEST_METHOD=GET", std::string("REQUEST_URI=") + target});
      CPPUNIT_ASSERT_EQUAL(std::string(expected), (*outcome)->describe());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DemandTest);

}  // namespace
