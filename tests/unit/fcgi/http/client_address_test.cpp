// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/client_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using auth::IpPrefix;
using fcgi::ClientAddress;
using fcgi::Request;

class ClientAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientAddressTest);
  CPPUNIT_TEST(believes_no_header_where_none_is_named);
  CPPUNIT_TEST(believes_no_header_of_a_client);
  CPPUNIT_TEST(believes_nothing_left_of_the_last_untrusted_address);
  CPPUNIT_TEST(believes_no_second_line_of_a_client);
  CPPUNIT_TEST(believes_lines_in_variables_of_their_own_from_nginx_alone);
  CPPUNIT_TEST(counts_a_header_that_came_several_times_as_told_by_the_proxy);
  CPPUNIT_TEST(believes_no_other_header);
  CPPUNIT_TEST(counts_what_is_no_address_as_the_proxy_that_wrote_it);
  CPPUNIT_TEST(finds_the_client_behind_one_proxy_and_behind_many);
  CPPUNIT_TEST(takes_the_first_where_all_are_proxies);
  CPPUNIT_TEST(reads_addresses_with_ports);
  CPPUNIT_TEST(is_empty_where_nobody_tells);
  CPPUNIT_TEST(is_certain_only_where_the_proxy_tells);
  CPPUNIT_TEST_SUITE_END();

  const ClientAddress behind_proxies_{
      "X-Forwarded-For", {*IpPrefix::parse("10.0.0.0/8"), *IpPrefix::parse("2001:db8:1::/48")}};

  static std::string of(const ClientAddress& address, const std::vector<std::string>& variables) {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    return std::string(address.of(Request(pointers.data())));
  }
  [[nodiscard]] std::string behind_proxies(const std::vector<std::string>& variables) const {
    return of(behind_proxies_, variables);
  }

  using Variables = std::vector<std::string>;

  // Lines of a header, and the client where the last one is the nearest proxy's.
  const std::vector<std::pair<Variables, std::string>> lines_ = {
      {{"203.0.113.9", "192.0.2.1"}, "192.0.2.1"},
      {{"192.0.2.1", "203.0.113.9"}, "203.0.113.9"},
      {{"", "203.0.113.9"}, "203.0.113.9"},
      {{"203.0.113.9", ""}, "203.0.113.9"},
      {{"192.0.2.1", "203.0.113.9", "10.0.0.2"}, "203.0.113.9"}};

  // What comes from a proxy. software: the variable of the web server; empty: none.
  static Variables with(const std::string& software, const Variables& lines) {
    Variables all = {"REMOTE_ADDR=10.0.0.1"};
    if (!software.empty()) all.push_back(software);
    for (const std::string& line : lines) all.push_back("HTTP_X_FORWARDED_FOR=" + line);
    return all;
  }

  [[nodiscard]] bool is_told(const Variables& variables) const {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    return behind_proxies_.is_told_by_proxy(Request(pointers.data()));
  }

  void believes_no_header_where_none_is_named() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("10.0.0.1"),
        of(ClientAddress(), {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=192.0.2.1"}));
  }

  void believes_no_header_of_a_client() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("203.0.113.9"),
        behind_proxies({"REMOTE_ADDR=203.0.113.9", "HTTP_X_FORWARDED_FOR=192.0.2.1"}));
    // Not even one that says it is a proxy.
    CPPUNIT_ASSERT_EQUAL(
        std::string("203.0.113.9"),
        behind_proxies({"REMOTE_ADDR=203.0.113.9", "HTTP_X_FORWARDED_FOR=192.0.2.1, 10.0.0.1"}));
  }

  void believes_nothing_left_of_the_last_untrusted_address() {
    for (const char* made_up : {"192.0.2.1", "10.0.0.1", "::1", "garbage", "", ",", "10.0.0.1,,"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          made_up, std::string("203.0.113.9"),
          behind_proxies({"REMOTE_ADDR=10.0.0.1",
                          "HTTP_X_FORWARDED_FOR=" + std::string(made_up) + ", 203.0.113.9"}));
    }
  }

  void believes_no_second_line_of_a_client() {
    CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.9"),
                         behind_proxies({"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=192.0.2.1",
                                         "HTTP_X_FORWARDED_FOR=203.0.113.9"}));
    CPPUNIT_ASSERT_EQUAL(
        std::string("203.0.113.9"),
        behind_proxies({"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=192.0.2.1, 203.0.113.9",
                        "HTTP_X_FORWARDED_FOR=10.0.0.2"}));
  }

  // lighttpd and Apache join the lines of a header: the other variable is X_Forwarded_For, from the
  // client.
  void believes_lines_in_variables_of_their_own_from_nginx_alone() {
    for (const char* software : {"", "SERVER_SOFTWARE=nginx/1.22.1"}) {
      for (const auto& [lines, client] : lines_) {
        CPPUNIT_ASSERT_EQUAL(client, behind_proxies(with(software, lines)));
        CPPUNIT_ASSERT_EQUAL(client, certain(behind_proxies_, with(software, lines)));
      }
    }
    for (const char* software :
         {"lighttpd/1.4.69", "Apache/2.4", "", "xnginx", "Nginx", " nginx"}) {
      for (const auto& [lines, client] : lines_) {
        const Variables sent = with(std::string("SERVER_SOFTWARE=") + software, lines);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(software, std::string("10.0.0.1"), behind_proxies(sent));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(software, std::string(), certain(behind_proxies_, sent));
      }
      // One variable says what it always did.
      CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.9"),
                           certain(behind_proxies_, with(std::string("SERVER_SOFTWARE=") + software,
                                                         {"192.0.2.1, 203.0.113.9"})));
    }
    // A header of the client is not where the web server names itself.
    CPPUNIT_ASSERT_EQUAL(
        std::string(),
        certain(behind_proxies_,
                {"REMOTE_ADDR=10.0.0.1", "HTTP_SERVER_SOFTWARE=nginx", "SERVER_SOFTWARE=lighttpd",
                 "HTTP_X_FORWARDED_FOR=203.0.113.9", "HTTP_X_FORWARDED_FOR=192.0.2.1"}));
    // Whoever is no proxy is not asked for any.
    CPPUNIT_ASSERT_EQUAL(
        std::string("203.0.113.9"),
        certain(behind_proxies_, {"REMOTE_ADDR=203.0.113.9", "SERVER_SOFTWARE=lighttpd",
                                  "HTTP_X_FORWARDED_FOR=192.0.2.1", "HTTP_X_FORWARDED_FOR="}));
  }

  void counts_a_header_that_came_several_times_as_told_by_the_proxy() {
    for (const char* software :
         {"SERVER_SOFTWARE=lighttpd/1.4.69", "SERVER_SOFTWARE=nginx/1.22.1"}) {
      for (const auto& [lines, told] :
           std::vector<std::pair<Variables, bool>>{{{}, false},
                                                   {{""}, false},
                                                   {{"192.0.2.1"}, true},
                                                   {{"unknown"}, true},
                                                   {{"", "192.0.2.1"}, true},
                                                   {{"192.0.2.1", ""}, true},
                                                   {{"", ""}, true}}) {
        CPPUNIT_ASSERT_EQUAL(told, is_told(with(software, lines)));
      }
    }
    CPPUNIT_ASSERT(!is_told({"REMOTE_ADDR=203.0.113.9", "HTTP_X_FORWARDED_FOR=192.0.2.1",
                             "HTTP_X_FORWARDED_FOR=192.0.2.1"}));
  }

  void believes_no_other_header() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("10.0.0.1"),
        behind_proxies({"REMOTE_ADDR=10.0.0.1", "HTTP_X_REAL_IP=192.0.2.1",
                        "X_FORWARDED_FOR=192.0.2.1", "HTTP_X_FORWARDED_FOR_=192.0.2.1"}));
  }

  void counts_what_is_no_address_as_the_proxy_that_wrote_it() {
    for (const char* odd :
         {"unknown", "_hidden", "", "203.0.113", "203.0.113.9.1", "[::1", "a:1"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          odd, std::string("10.0.0.2"),
          behind_proxies({"REMOTE_ADDR=10.0.0.1",
                          "HTTP_X_FORWARDED_FOR=192.0.2.1," + std::string(odd) + ",10.0.0.2"}));
    }
  }

  void finds_the_client_behind_one_proxy_and_behind_many() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("203.0.113.9"),
        behind_proxies({"HTTP_X_FORWARDED_FOR=203.0.113.9", "REMOTE_ADDR=10.0.0.1"}));
    CPPUNIT_ASSERT_EQUAL(
        std::string("2001:db8:2::9"),
        behind_proxies({"REMOTE_ADDR=2001:db8:1::5",
                        "HTTP_X_FORWARDED_FOR=2001:db8:2::9 ,\t10.1.2.3,2001:db8:1::7"}));
  }

  void takes_the_first_where_all_are_proxies() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("10.9.9.9"),
        behind_proxies({"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=10.9.9.9, 10.0.0.2"}));
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"), behind_proxies({"REMOTE_ADDR=10.0.0.1"}));
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"),
                         behind_proxies({"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR="}));
  }

  void reads_addresses_with_ports() {
    for (const char* text : {"203.0.113.9:4711", "203.0.113.9", "[203.0.113.9]:1"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          text, std::string("203.0.113.9"),
          behind_proxies({"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=" + std::string(text)}));
    }
    for (const char* text : {"[2001:db8::9]:4711", "[2001:db8::9]", "2001:db8::9"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          text, std::string("2001:db8::9"),
          behind_proxies({"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=" + std::string(text)}));
    }
  }

  void is_empty_where_nobody_tells() {
    CPPUNIT_ASSERT_EQUAL(std::string(), behind_proxies({}));
    CPPUNIT_ASSERT_EQUAL(std::string(), behind_proxies({"HTTP_X_FORWARDED_FOR=203.0.113.9"}));
    CPPUNIT_ASSERT_EQUAL(std::string(), of(ClientAddress(), {}));
  }

  static std::string certain(const ClientAddress& address, std::vector<std::string> variables) {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    return std::string(address.certain(Request(pointers.data())));
  }

  // A proxy lies in the network that a rule lets in: what it does not say must not count as its
  // own.
  void is_certain_only_where_the_proxy_tells() {
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"),
                         certain(ClientAddress(), {"REMOTE_ADDR=10.0.0.1"}));
    const std::string remote = "REMOTE_ADDR=10.0.0.1";
    CPPUNIT_ASSERT_EQUAL(std::string(), certain(behind_proxies_, {remote}));
    for (const char* odd :
         {"", ",", "unknown", "192.0.2.1,", "192.0.2.1, unknown", "192.0.2.1, unknown, 10.0.0.2"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          odd, std::string(),
          certain(behind_proxies_, {remote, "HTTP_X_FORWARDED_FOR=" + std::string(odd)}));
    }
    for (const char* told : {"192.0.2.1", "garbage, 192.0.2.1", "10.0.0.3, 192.0.2.1, 10.0.0.2"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          told, std::string("192.0.2.1"),
          certain(behind_proxies_, {remote, "HTTP_X_FORWARDED_FOR=" + std::string(told)}));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("10.9.9.9"),
                         certain(behind_proxies_, {remote, "HTTP_X_FORWARDED_FOR=10.9.9.9"}));
    CPPUNIT_ASSERT_EQUAL(
        std::string("203.0.113.9"),
        certain(behind_proxies_, {"REMOTE_ADDR=203.0.113.9", "HTTP_X_FORWARDED_FOR=10.0.0.1"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientAddressTest);

}  // namespace
