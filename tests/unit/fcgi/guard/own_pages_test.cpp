// SPDX-License-Identifier: Apache-2.0
// Who counts as a client of this machine.
#include "fcgi/guard/own_pages.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using auth::IpPrefix;
using fcgi::ClientAddress;
using fcgi::OwnPages;
using fcgi::Request;

using Variables = std::vector<std::string>;

class OwnPagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OwnPagesTest);
  CPPUNIT_TEST(an_address_of_another_machine_is_not_local);
  CPPUNIT_TEST(what_is_no_address_is_not_local);
  CPPUNIT_TEST(whatever_a_proxy_has_handed_on_is_not_local);
  CPPUNIT_TEST(a_proxy_that_nobody_trusts_makes_nobody_local);
  CPPUNIT_TEST(a_trusted_proxy_that_does_not_name_its_client_makes_nobody_local);
  CPPUNIT_TEST(a_trusted_proxy_that_names_no_address_makes_nobody_local);
  CPPUNIT_TEST(a_header_that_came_several_times_makes_nobody_local);
  CPPUNIT_TEST(what_a_client_makes_up_before_a_trusted_proxy_counts_for_nothing);
  CPPUNIT_TEST(a_client_of_this_machine_is_local);
  CPPUNIT_TEST(a_client_of_this_machine_behind_a_trusted_proxy_is_local);
  CPPUNIT_TEST_SUITE_END();

  const ClientAddress direct_{};
  const ClientAddress behind_local_proxy_{"X-Forwarded-For", {*IpPrefix::parse("127.0.0.1")}};
  const ClientAddress behind_other_proxy_{"X-Forwarded-For", {*IpPrefix::parse("10.0.0.0/8")}};

  static bool is_local(const ClientAddress& address, const Variables& variables) {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    return OwnPages::is_local(Request(pointers.data()), address);
  }

  void an_address_of_another_machine_is_not_local() {
    for (const char* each : {"192.0.2.1", "126.255.255.255", "128.0.0.1", "10.0.0.1", "0.0.0.0",
                             "::", "::2", "fe80::1", "::ffff:192.0.2.1", "2001:db8::1"}) {
      CPPUNIT_ASSERT_MESSAGE(each, !is_local(direct_, {std::string("REMOTE_ADDR=") + each}));
    }
  }

  void what_is_no_address_is_not_local() {
    for (const char* each : {"", "localhost", "unix:", "/run/api.sock", "127.1", "127.0.0.1.evil",
                             "127.0.0.1 ", "0x7f000001", "2130706433"}) {
      CPPUNIT_ASSERT_MESSAGE(each, !is_local(direct_, {std::string("REMOTE_ADDR=") + each}));
    }
    CPPUNIT_ASSERT(!is_local(direct_, {}));
  }

  void whatever_a_proxy_has_handed_on_is_not_local() {
    for (const char* name : {"HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA",
                             "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"}) {
      for (const char* value : {"127.0.0.1", "::1", "192.0.2.1", "x"}) {
        const std::string variable = std::string(name) + '=' + value;
        CPPUNIT_ASSERT_MESSAGE(variable, !is_local(direct_, {"REMOTE_ADDR=127.0.0.1", variable}));
      }
    }
  }

  // Loopback is none of the proxies that are trusted here.
  void a_proxy_that_nobody_trusts_makes_nobody_local() {
    for (const char* value : {"127.0.0.1", "192.0.2.1"}) {
      CPPUNIT_ASSERT(
          !is_local(behind_other_proxy_,
                    {"REMOTE_ADDR=127.0.0.1", std::string("HTTP_X_FORWARDED_FOR=") + value}));
    }
  }

  void a_trusted_proxy_that_does_not_name_its_client_makes_nobody_local() {
    CPPUNIT_ASSERT(
        !is_local(behind_local_proxy_, {"REMOTE_ADDR=127.0.0.1", "HTTP_X_FORWARDED_PROTO=https"}));
    CPPUNIT_ASSERT(
        !is_local(behind_other_proxy_, {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=127.0.0.1"}));
  }

  void a_trusted_proxy_that_names_no_address_makes_nobody_local() {
    for (const char* value :
         {"203.0.113.9, unix:", "unknown", "_hidden", "203.0.113.9, unknown", "127.0.0.1, unknown",
          "127.0.0.1,", ",", "localhost", "unknown, 127.0.0.2.1", "192.0.2.1, unix:, 127.0.0.1"}) {
      CPPUNIT_ASSERT_MESSAGE(
          value, !is_local(behind_local_proxy_, {"REMOTE_ADDR=127.0.0.1",
                                                 std::string("HTTP_X_FORWARDED_FOR=") + value}));
    }
  }

  void a_header_that_came_several_times_makes_nobody_local() {
    const std::string name = "HTTP_X_FORWARDED_FOR=";
    const std::pair<const char*, const char*> several[] = {
        {"192.0.2.1", "127.0.0.1"}, {"127.0.0.1", "192.0.2.1"}, {"", "192.0.2.1"},
        {"192.0.2.1", ""},          {"", "127.0.0.1"},          {"127.0.0.1", "127.0.0.1"}};
    for (const auto& [one, two] : several) {
      const Variables sent = {"REMOTE_ADDR=127.0.0.1", "SERVER_SOFTWARE=lighttpd/1.4.69",
                              name + one, name + two};
      CPPUNIT_ASSERT_MESSAGE(one, !is_local(behind_local_proxy_, sent));
      CPPUNIT_ASSERT_MESSAGE(one, !is_local(direct_, sent));
      CPPUNIT_ASSERT_MESSAGE(one, !is_local(behind_other_proxy_, sent));
    }
  }

  void what_a_client_makes_up_before_a_trusted_proxy_counts_for_nothing() {
    CPPUNIT_ASSERT(!is_local(behind_local_proxy_, {"REMOTE_ADDR=127.0.0.1",
                                                   "HTTP_X_FORWARDED_FOR=127.0.0.1, 192.0.2.1"}));
    CPPUNIT_ASSERT(
        !is_local(behind_local_proxy_, {"REMOTE_ADDR=127.0.0.1", "HTTP_X_FORWARDED_FOR=127.0.0.1",
                                        "HTTP_X_FORWARDED_FOR=192.0.2.1"}));
  }

  void a_client_of_this_machine_is_local() {
    for (const char* each : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"}) {
      CPPUNIT_ASSERT_MESSAGE(each, is_local(direct_, {std::string("REMOTE_ADDR=") + each}));
    }
    CPPUNIT_ASSERT(is_local(behind_local_proxy_, {"REMOTE_ADDR=127.0.0.1"}));
  }

  void a_client_of_this_machine_behind_a_trusted_proxy_is_local() {
    CPPUNIT_ASSERT(
        is_local(behind_local_proxy_, {"REMOTE_ADDR=127.0.0.1", "HTTP_X_FORWARDED_FOR=127.0.0.1"}));
    CPPUNIT_ASSERT(is_local(behind_local_proxy_,
                            {"REMOTE_ADDR=127.0.0.1", "HTTP_X_FORWARDED_FOR=192.0.2.1, ::1"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OwnPagesTest);

}  // namespace
