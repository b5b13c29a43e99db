// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/client_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
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
