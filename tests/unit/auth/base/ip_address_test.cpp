// SPDX-License-Identifier: Apache-2.0
#include "auth/base/ip_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

namespace {

using auth::IpAddress;
using auth::IpPrefix;

class IpAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IpAddressTest);
  CPPUNIT_TEST(takes_nothing_else_for_an_address);
  CPPUNIT_TEST(takes_nothing_else_for_a_prefix);
  CPPUNIT_TEST(knows_an_address_in_each_of_its_spellings);
  CPPUNIT_TEST(a_prefix_holds_what_begins_with_it);
  CPPUNIT_TEST(cuts_an_address_at_any_bit);
  CPPUNIT_TEST_SUITE_END();

  static IpAddress address(std::string_view text) {
    const auto parsed = IpAddress::parse(text);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), parsed.has_value());
    return *parsed;
  }

  void takes_nothing_else_for_an_address() {
    for (const char* text : {"",
                             "1.2.3",
                             "1.2.3.4.5",
                             "1.2.3.256",
                             "1.2.3.4 ",
                             " 1.2.3.4",
                             "1.2.3.4:80",
                             "[::1]",
                             "::g",
                             ":::",
                             "1:2:3:4:5:6:7:8:9",
                             "localhost",
                             "unknown",
                             "_hidden",
                             "1.2.3.4/8",
                             "%eth0",
                             "0x7f.0.0.1",
                             "127.1",
                             "2130706433",
                             "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !IpAddress::parse(text));
    }
    CPPUNIT_ASSERT(!IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
  }

  void takes_nothing_else_for_a_prefix() {
    for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/8 ", "10.0.0.0/+8",
                             "10.0.0.1/8", "2001:db8::/129", "2001:db8::1/32", "10.0.0.0/8/8",
                             "10.0.0.0/255.0.0.0", "::ffff:10.0.0.0/8"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !IpPrefix::parse(text));
    }
  }

  void knows_an_address_in_each_of_its_spellings() {
    CPPUNIT_ASSERT(address("192.0.2.1") == address("::ffff:192.0.2.1"));
    CPPUNIT_ASSERT(address("192.0.2.1") == address("::FFFF:c000:0201"));
    CPPUNIT_ASSERT(address("2001:db8::1") == address("2001:0DB8:0:0:0:0:0:1"));
    CPPUNIT_ASSERT(address("fe80::1%eth0") == address("fe80::1"));
    CPPUNIT_ASSERT(address("192.0.2.1") != address("192.0.2.2"));
    CPPUNIT_ASSERT(address("192.0.2.1").is_ipv4() && !address("::192.0.2.1").is_ipv4());
  }

  void a_prefix_holds_what_begins_with_it() {
    const auto holds = [](std::string_view prefix, std::string_view text) {
      const auto parsed = IpPrefix::parse(prefix);
      CPPUNIT_ASSERT_MESSAGE(std::string(prefix), parsed.has_value());
      return parsed->holds(address(text));
    };
    CPPUNIT_ASSERT(holds("10.0.0.0/8", "10.255.1.2") && !holds("10.0.0.0/8", "11.0.0.0"));
    CPPUNIT_ASSERT(holds("10.0.0.0/8", "::ffff:10.1.2.3") && !holds("10.0.0.0/8", "a00::1"));
    CPPUNIT_ASSERT(holds("10.0.0.4/31", "10.0.0.5") && !holds("10.0.0.4/31", "10.0.0.6"));
    CPPUNIT_ASSERT(holds("10.0.0.4", "10.0.0.4") && !holds("10.0.0.4", "10.0.0.5"));
    CPPUNIT_ASSERT(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "2001:db8::1"));
    CPPUNIT_ASSERT(holds("::/0", "2001:db8::1") && holds("::/0", "203.0.113.9"));
    CPPUNIT_ASSERT(holds("2001:db8::/33", "2001:db8:7fff::1"));
    CPPUNIT_ASSERT(!holds("2001:db8::/33", "2001:db8:8000::1"));
  }

  void cuts_an_address_at_any_bit() {
    const IpAddress full = address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    CPPUNIT_ASSERT(full.first_bits(0) == address("::"));
    CPPUNIT_ASSERT(full.first_bits(1) == address("8000::"));
    CPPUNIT_ASSERT(full.first_bits(64) == address("ffff:ffff:ffff:ffff::"));
    CPPUNIT_ASSERT(full.first_bits(65) == address("ffff:ffff:ffff:ffff:8000::"));
    CPPUNIT_ASSERT(full.first_bits(128) == full);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IpAddressTest);

}  // namespace
