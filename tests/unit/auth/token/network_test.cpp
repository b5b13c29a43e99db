// SPDX-License-Identifier: Apache-2.0
#include "auth/token/network.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

#include "auth/token/requirement.h"

namespace {

using auth::Claims;
using auth::ClaimsBuilder;
using auth::Reason;
using auth::Requirement;

class NetworkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NetworkTest);
  CPPUNIT_TEST(refuses_what_is_no_network_and_says_what_to_write);
  CPPUNIT_TEST(refuses_bits_behind_the_length_and_names_both_remedies);
  CPPUNIT_TEST(refuses_a_network_instead_of_a_token);
  CPPUNIT_TEST(refuses_a_second_network_in_one_alternative);
  CPPUNIT_TEST(what_is_no_address_is_in_no_network);
  CPPUNIT_TEST(an_ipv4_address_is_in_no_network_of_ipv6);
  CPPUNIT_TEST(finds_addresses_in_each_of_their_spellings);
  CPPUNIT_TEST(a_network_is_asked_beside_the_other_conditions);
  CPPUNIT_TEST(each_alternative_has_its_network);
  CPPUNIT_TEST(all_of_several_ask_for_each_network);
  CPPUNIT_TEST(tells_networks_to_the_operator_alone);
  CPPUNIT_TEST(names_no_scopes_where_a_network_is_asked_for);
  CPPUNIT_TEST_SUITE_END();

  static std::string mistake_in(std::string_view text) {
    const auto parsed = Requirement::parse(text);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !parsed);
    return parsed.error().sentence;
  }

  static Requirement requirement(std::string_view text) {
    auto parsed = Requirement::parse(text);
    CPPUNIT_ASSERT_MESSAGE(parsed ? "" : parsed.error().sentence, parsed.has_value());
    return *std::move(parsed);
  }

  static void assert_refused(Reason reason, std::string_view text, const Claims& claims,
                             std::string_view client) {
    const auto met = requirement(text).check(claims, client);
    const std::string what = std::string(text) + " for " + std::string(client);
    CPPUNIT_ASSERT_MESSAGE(what, !met);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, static_cast<int>(reason),
                                 static_cast<int>(met.error().reason));
  }

  static bool is_in(std::string_view client, std::string_view network) {
    return requirement("net:" + std::string(network)).check(Claims(), client).has_value();
  }

  void refuses_what_is_no_network_and_says_what_to_write() {
    for (const char* text : {"",
                             "localhost",
                             "10.0.0",
                             "10.0.0.0/",
                             "10.0.0.0/33",
                             "10.0.0.0/-1",
                             "10.0.0.0/+8",
                             "10.0.0.0/08",
                             "10.0.0.0/8x",
                             "10.0.0.0/8/8",
                             "10.0.0.0/255.0.0.0",
                             "010.0.0.0/8",
                             "10.0.0.0/00",
                             "10.0.0.256/8",
                             "0x0a.0.0.0/8",
                             "167772160",
                             "10.0.0.*",
                             "10.0.0.0-9",
                             "/8",
                             "[2001:db8::1]",
                             "2001:db8::/129",
                             "2001:db8::g/32",
                             "2001:db8:::/32",
                             ":",
                             "fe80::1%eth0",
                             "fe80::%25eth0/10",
                             "fe80::/10%eth0",
                             "1.2.3.4:80",
                             "\xc2\xb2",
                             "*",
                             "all",
                             "10.0.0.0%2f8"}) {
      const std::string mistake = mistake_in("net:" + std::string(text));
      CPPUNIT_ASSERT_MESSAGE(mistake, mistake.find("write ") != std::string::npos);
    }
    for (const char* word : {"NET:10.0.0.0/8", "Net:10.0.0.0/8", "nets:10.0.0.0/8", "net"}) {
      mistake_in(word);
    }
    mistake_in("net:10.0.0.0/8,192.168.0.0/16");
    mistake_in(std::string_view("net:10.0.0.0\0/8", 15));
  }

  void refuses_bits_behind_the_length_and_names_both_remedies() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("\"net:192.0.2.1/24\" has bits set behind its length: write net:192.0.2.0/24 "
                    "for the network, or net:192.0.2.1 for the address alone"),
        mistake_in("net:192.0.2.1/24"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("\"net:2001:db8::1/32\" has bits set behind its length: write "
                    "net:2001:db8::/32 for the network, or net:2001:db8::1 for the address alone"),
        mistake_in("net:2001:db8::1/32"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("\"net:::ffff:192.0.2.0/24\" has the length of an IPv4 network behind an IPv6 "
                    "address: write net:192.0.2.0/24"),
        mistake_in("net:::ffff:192.0.2.0/24"));
  }

  // An address is no token, and nobody is to believe that it is.
  void refuses_a_network_instead_of_a_token() {
    for (const char* text :
         {"public net:10.0.0.0/8", "net:10.0.0.0/8 public", "net:10.0.0.0/8 or public",
          "token role:a net:10.0.0.0/8", "net:10.0.0.0/8 token", "token net:10.0.0.0/8 role:a",
          "token or net:10.0.0.0/8", "token token net:10.0.0.0/8"}) {
      mistake_in(text);
    }
    for (const char* text :
         {"net:10.0.0.0/8", "token net:10.0.0.0/8", "role:a or token net:10.0.0.0/8 or role:b"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !requirement(text).is_public());
      CPPUNIT_ASSERT_MESSAGE(text, requirement(text).names_networks());
      CPPUNIT_ASSERT_MESSAGE(text, requirement(text).check(Claims(), "10.1.1.1").has_value());
      CPPUNIT_ASSERT_MESSAGE(text, !requirement(text).check(Claims(), "11.1.1.1").has_value());
    }
    CPPUNIT_ASSERT(!requirement("role:a").names_networks());
  }

  void refuses_a_second_network_in_one_alternative() {
    CPPUNIT_ASSERT(mistake_in("net:10.0.0.0/8 net:192.0.2.0/24").find("\"or\" between") !=
                   std::string::npos);
    mistake_in("role:a net:10.0.0.0/8 net:10.0.0.0/8");
    requirement("net:10.0.0.0/8 or net:192.0.2.0/24");
  }

  void what_is_no_address_is_in_no_network() {
    for (const char* client :
         {"", "unix:", "localhost", "10.0.0.1 ", " 10.0.0.1", "10.0.0.1:80", "[::1]", "010.0.0.1",
          "10.1", "10.0.0.1, 10.0.0.1", "unknown", "/run/x.sock", "%eth0", "10.0.0.1%eth0"}) {
      for (const char* network : {"0.0.0.0/0", "::/0", "10.0.0.0/8"}) {
        CPPUNIT_ASSERT_MESSAGE(client, !is_in(client, network));
      }
    }
    // Without an address there is none either.
    CPPUNIT_ASSERT(!requirement("net:0.0.0.0/0").check(Claims()).has_value());
  }

  void an_ipv4_address_is_in_no_network_of_ipv6() {
    for (const char* network : {"::/0", "::/80", "::/64", "2000::/3"}) {
      CPPUNIT_ASSERT_MESSAGE(network, !is_in("192.0.2.1", network));
      CPPUNIT_ASSERT_MESSAGE(network, !is_in("::ffff:192.0.2.1", network));
    }
    CPPUNIT_ASSERT(is_in("2001:db8::1", "::/0") && is_in("::1", "::/64"));
    CPPUNIT_ASSERT(!is_in("::192.0.2.1", "192.0.2.0/24") && !is_in("2001:db8::1", "0.0.0.0/0"));
  }

  void finds_addresses_in_each_of_their_spellings() {
    for (const char* client : {"192.0.2.7", "::ffff:192.0.2.7", "::FFFF:c000:207"}) {
      for (const char* network : {"192.0.2.0/24", "192.0.2.7", "192.0.2.7/32", "0.0.0.0/0",
                                  "::ffff:192.0.2.0/120", "::ffff:192.0.2.7"}) {
        CPPUNIT_ASSERT_MESSAGE(network, is_in(client, network));
      }
      CPPUNIT_ASSERT(!is_in(client, "192.0.3.0/24") && !is_in(client, "192.0.2.8/29"));
    }
    CPPUNIT_ASSERT(is_in("fe80::1%eth0", "fe80::/10") && is_in("2001:DB8:0::1", "2001:db8::1"));
    CPPUNIT_ASSERT(is_in("2001:db8:7fff::", "2001:db8::/33"));
    CPPUNIT_ASSERT(!is_in("2001:db8:8000::", "2001:db8::/33"));
  }

  void a_network_is_asked_beside_the_other_conditions() {
    const Claims claims = ClaimsBuilder().role("a", {"1"}).scopes("s").build();
    for (const char* text :
         {"role:a net:10.0.0.0/8", "net:10.0.0.0/8 role:a org:1", "scope:s net:10.0.0.0/8"}) {
      CPPUNIT_ASSERT_MESSAGE(text, requirement(text).check(claims, "10.0.0.1").has_value());
      assert_refused(Reason::kWrongNetwork, text, claims, "192.0.2.1");
      CPPUNIT_ASSERT_MESSAGE(text, requirement(text).check_from_anywhere(claims).has_value());
      CPPUNIT_ASSERT_MESSAGE(text, !requirement(text).check_from_anywhere(Claims()));
    }
    assert_refused(Reason::kRoleMissing, "role:b net:10.0.0.0/8", claims, "10.0.0.1");
    assert_refused(Reason::kWrongNetwork, "role:b net:10.0.0.0/8", claims, "192.0.2.1");
  }

  void each_alternative_has_its_network() {
    const Claims claims = ClaimsBuilder().role("staff", {"1"}).build();
    constexpr std::string_view kText =
        "role:admin or role:staff net:10.0.0.0/8 or role:staff net:2001:db8::/32";
    CPPUNIT_ASSERT(requirement(kText).check(claims, "10.0.0.1").has_value());
    CPPUNIT_ASSERT(requirement(kText).check(claims, "2001:db8::1").has_value());
    assert_refused(Reason::kRoleMissing, kText, claims, "192.0.2.1");
    CPPUNIT_ASSERT(requirement(kText)
                       .check(ClaimsBuilder().role("admin", {}).build(), "192.0.2.1")
                       .has_value());
  }

  void all_of_several_ask_for_each_network() {
    const Requirement some = requirement("net:10.0.0.0/8"), others = requirement("net:10.1.0.0/16");
    const Requirement all = Requirement::all_of({&some, &others});
    CPPUNIT_ASSERT(all.names_networks() && all.check(Claims(), "10.1.0.1").has_value());
    CPPUNIT_ASSERT(!all.check(Claims(), "10.2.0.1") && !all.check(Claims()));
    CPPUNIT_ASSERT(!Requirement::all_of({&all, &some}).check(Claims(), "10.2.0.1"));
  }

  void tells_networks_to_the_operator_alone() {
    const Requirement required = requirement("role:a net:10.0.0.0/8 or net:2001:db8::/32");
    CPPUNIT_ASSERT_EQUAL(std::string("the role a from an allowed network or a valid access token "
                                     "from an allowed network"),
                         required.describe());
    CPPUNIT_ASSERT_EQUAL(std::string("the role a from the network 10.0.0.0/8 or a valid access "
                                     "token from the network 2001:db8::/32"),
                         required.describe_to_operator());
  }

  void names_no_scopes_where_a_network_is_asked_for() {
    CPPUNIT_ASSERT_EQUAL(std::string(), requirement("scope:a net:10.0.0.0/8").scopes());
    CPPUNIT_ASSERT_EQUAL(std::string("b"), requirement("scope:a net:::1 or scope:b").scopes());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NetworkTest);

}  // namespace
