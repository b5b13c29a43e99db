// SPDX-License-Identifier: Apache-2.0
#include "auth/token/claims.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace {

using auth::Claims;
using auth::ClaimsBuilder;
using auth::WallTime;
using std::chrono::seconds;

using Names = std::vector<std::string_view>;

class ClaimsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClaimsTest);
  CPPUNIT_TEST(has_nothing_it_was_not_given);
  CPPUNIT_TEST(takes_no_part_of_a_name_for_the_name);
  CPPUNIT_TEST(takes_no_claim_for_another);
  CPPUNIT_TEST(grants_a_role_in_no_other_organisation);
  CPPUNIT_TEST(refuses_a_record_that_was_cut);
  CPPUNIT_TEST(refuses_a_record_of_another_version);
  CPPUNIT_TEST(refuses_fields_it_does_not_know);
  CPPUNIT_TEST(refuses_lengths_beyond_the_record);
  CPPUNIT_TEST(refuses_an_organisation_without_its_role);
  CPPUNIT_TEST(refuses_names_and_values_that_do_not_stand_together);
  CPPUNIT_TEST(takes_no_value_of_an_extra_claim_for_a_name);
  CPPUNIT_TEST(reads_any_damaged_record_within_its_bounds);
  CPPUNIT_TEST(knows_what_it_was_given);
  CPPUNIT_TEST(splits_scopes_at_spaces_and_keeps_each_once);
  CPPUNIT_TEST(keeps_a_role_once);
  CPPUNIT_TEST(keeps_every_time_apart_from_none);
  CPPUNIT_TEST(comes_back_from_its_record);
  CPPUNIT_TEST(leaves_the_builder_empty);
  CPPUNIT_TEST(is_packed);
  CPPUNIT_TEST(has_room_for_a_thousand_roles);
  CPPUNIT_TEST(says_when_roles_have_no_room);
  CPPUNIT_TEST(leaves_out_scopes_that_have_no_room);
  CPPUNIT_TEST(leaves_out_an_extra_claim_that_has_no_room);
  CPPUNIT_TEST(takes_work_in_proportion_to_what_it_is_given);
  CPPUNIT_TEST_SUITE_END();

  static Claims full() {
    return ClaimsBuilder()
        .subject("250719447407395299")
        .client_id("222@project")
        .username("reader@main.localhost")
        .issuer("https://issuer.example")
        .organisation("333")
        .audience("222@project")
        .audience("444")
        .scopes("openid read:messages")
        .role("read:messages", {"333", "555"})
        .role("write", {})
        .role("admin", {"777"})
        .expiry(WallTime(seconds(1700000060)))
        .not_before(WallTime(seconds(1700000000)))
        .build();
  }

  static std::string record_with(std::string_view fields) {
    return Claims().record().append(fields);
  }

  static std::string field(int kind, std::string_view text) {
    return std::string{static_cast<char>(kind), static_cast<char>(text.size())}.append(text);
  }

  void has_nothing_it_was_not_given() {
    const Claims claims;
    for (const std::string_view text : {claims.subject(), claims.client_id(), claims.username(),
                                        claims.issuer(), claims.organisation()}) {
      CPPUNIT_ASSERT(text.empty());
    }
    CPPUNIT_ASSERT(!claims.expiry() && !claims.not_before());
    CPPUNIT_ASSERT(claims.audience().empty() && claims.scopes().empty() && claims.roles().empty());
    CPPUNIT_ASSERT(!claims.has_audience("") && !claims.has_scope("") && !claims.has_role(""));
    CPPUNIT_ASSERT(!claims.has_role("", ""));
  }

  void takes_no_part_of_a_name_for_the_name() {
    const Claims claims = full();
    for (const char* name :
         {"", "read", "messages", "read:", ":messages", "read:message", "read:messages ",
          "Read:messages", "read:messages2", "*", "openid read:messages", "333"}) {
      CPPUNIT_ASSERT_MESSAGE(name, !claims.has_role(name));
      CPPUNIT_ASSERT_MESSAGE(name, !claims.has_role(name, "333"));
      CPPUNIT_ASSERT_MESSAGE(name, !claims.has_scope(name));
    }
    CPPUNIT_ASSERT(!claims.has_role(std::string_view("read:messages\0", 14)));
    CPPUNIT_ASSERT(!claims.has_audience("222") && !claims.has_audience("4444"));
  }

  void takes_no_claim_for_another() {
    const Claims claims = full();
    CPPUNIT_ASSERT(!claims.has_role("openid") && !claims.has_scope("write"));
    CPPUNIT_ASSERT(!claims.has_audience("333") && !claims.has_audience("250719447407395299"));
    CPPUNIT_ASSERT(!claims.has_role("333") && !claims.has_scope("444"));
  }

  void grants_a_role_in_no_other_organisation() {
    const Claims claims = full();
    CPPUNIT_ASSERT(claims.has_role("read:messages", "333"));
    CPPUNIT_ASSERT(claims.has_role("read:messages", "555"));
    CPPUNIT_ASSERT(claims.has_role("admin", "777"));
    CPPUNIT_ASSERT(!claims.has_role("read:messages", "777"));
    CPPUNIT_ASSERT(!claims.has_role("read:messages", ""));
    CPPUNIT_ASSERT(!claims.has_role("write", "333") && !claims.has_role("write", "777"));
    CPPUNIT_ASSERT(!claims.has_role("write", ""));
    CPPUNIT_ASSERT(!claims.has_role("admin", "333"));
  }

  void refuses_a_record_that_was_cut() {
    const std::string record = full().record();
    int refused = 0;
    for (std::size_t size = 0; size < record.size(); ++size) {
      const auto claims = Claims::from_record(record.substr(0, size));
      // A cut between two fields leaves a whole record; the store's seal has to notice that one.
      if (claims) CPPUNIT_ASSERT_EQUAL(record.substr(0, size), claims->record());
      refused += !claims;
    }
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(record.size()) - 15, refused);
    CPPUNIT_ASSERT(!Claims::from_record(record + '\x01'));
  }

  void refuses_a_record_of_another_version() {
    std::string record = full().record();
    for (int version = 0; version < 256; ++version) {
      record[0] = static_cast<char>(version);
      CPPUNIT_ASSERT_EQUAL(version == 2, Claims::from_record(record).has_value());
    }
  }

  void refuses_fields_it_does_not_know() {
    const std::string role = field(8, "read");
    for (int kind = 0; kind < 256; ++kind) {
      // An extra claim's name, 10, has its value behind it, and that one a name in front.
      const bool known = (kind >= 1 && kind <= 9) || kind == 12;  // 12: the id of the token
      CPPUNIT_ASSERT_EQUAL(known,
                           Claims::from_record(record_with(role + field(kind, "a"))).has_value());
    }
  }

  void refuses_lengths_beyond_the_record() {
    using namespace std::string_literals;
    for (const std::string& head : {"\x01\x01"s, "\x01\xff"s, "\x01\xff\xff\xff\xff\x0f"s,
                                    "\x01\x80\x80\x80\x80\x80"s, "\x01\xff\xff\x03"s}) {
      CPPUNIT_ASSERT(!Claims::from_record(record_with(head)));
    }
    CPPUNIT_ASSERT(!Claims::from_record(record_with("\x01\x03"s + "ab")));
    CPPUNIT_ASSERT(Claims::from_record(record_with("\x01\x02"s + "ab")));
    CPPUNIT_ASSERT(!Claims::from_record(record_with("\x01\x80\x01"s + std::string(127, 'a'))));
    CPPUNIT_ASSERT(Claims::from_record(record_with("\x01\x80\x01"s + std::string(128, 'a'))));
  }

  void refuses_an_organisation_without_its_role() {
    CPPUNIT_ASSERT(!Claims::from_record(record_with(field(9, "333"))));
    CPPUNIT_ASSERT(!Claims::from_record(record_with(field(1, "a") + field(9, "333"))));
    CPPUNIT_ASSERT(!Claims::from_record(record_with(field(9, "333") + field(8, "read"))));
    CPPUNIT_ASSERT(Claims::from_record(record_with(field(8, "read") + field(9, "333"))));
  }

  void refuses_names_and_values_that_do_not_stand_together() {
    const std::string name = field(10, "email");
    const std::string value = field(11, "a@b");
    for (const std::string& fields : {name, value, name + name + value, name + value + value,
                                      name + field(1, "a") + value, field(1, "a") + value}) {
      CPPUNIT_ASSERT(!Claims::from_record(record_with(fields)));
    }
    CPPUNIT_ASSERT(Claims::from_record(record_with(name + value + name + value)));
  }

  void takes_no_value_of_an_extra_claim_for_a_name() {
    const Claims claims = ClaimsBuilder().extra("a", "b").extra("b", "").extra("c", "d").build();
    CPPUNIT_ASSERT(claims.extra("a") == "b" && claims.extra("b").empty());
    CPPUNIT_ASSERT(claims.extra("c") == "d" && claims.extra("d").empty());
    const auto copy = Claims::from_record(claims.record());
    CPPUNIT_ASSERT(copy && copy->extra("c") == "d");
  }

  void reads_any_damaged_record_within_its_bounds() {
    const std::string record = full().record();
    int taken = 0;
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
      std::string damaged = record;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      const auto claims = Claims::from_record(damaged);
      if (!claims) continue;
      ++taken;
      std::size_t bytes = claims->subject().size() + claims->organisation().size();
      for (const std::string_view name : claims->audience()) bytes += name.size();
      for (const std::string_view name : claims->scopes()) bytes += name.size();
      for (const auth::Role& role : claims->roles()) {
        bytes += role.name.size();
        for (const std::string_view id : role.organisations) bytes += id.size();
      }
      CPPUNIT_ASSERT(bytes <= damaged.size());
      CPPUNIT_ASSERT_EQUAL(damaged, claims->record());
    }
    CPPUNIT_ASSERT(taken > 0);
  }

  static void knows_everything(const Claims& claims) {
    CPPUNIT_ASSERT_EQUAL(std::string("250719447407395299"), std::string(claims.subject()));
    CPPUNIT_ASSERT_EQUAL(std::string("222@project"), std::string(claims.client_id()));
    CPPUNIT_ASSERT_EQUAL(std::string("reader@main.localhost"), std::string(claims.username()));
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example"), std::string(claims.issuer()));
    CPPUNIT_ASSERT_EQUAL(std::string("333"), std::string(claims.organisation()));
    CPPUNIT_ASSERT(claims.audience() == (Names{"222@project", "444"}));
    CPPUNIT_ASSERT(claims.scopes() == (Names{"openid", "read:messages"}));
    CPPUNIT_ASSERT(claims.has_audience("444") && claims.has_scope("openid"));
    const std::vector<auth::Role> roles = claims.roles();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, roles.size());
    CPPUNIT_ASSERT(roles[0].name == "read:messages");
    CPPUNIT_ASSERT(roles[0].organisations == (Names{"333", "555"}));
    CPPUNIT_ASSERT(roles[1].name == "write" && roles[1].organisations.empty());
    CPPUNIT_ASSERT(roles[2].name == "admin" && roles[2].organisations == Names{"777"});
    CPPUNIT_ASSERT(claims.has_role("write"));
    CPPUNIT_ASSERT(claims.expiry() == WallTime(seconds(1700000060)));
    CPPUNIT_ASSERT(claims.not_before() == WallTime(seconds(1700000000)));
  }

  void knows_what_it_was_given() { knows_everything(full()); }

  // RFC 6749 §3.3.
  void splits_scopes_at_spaces_and_keeps_each_once() {
    const auto scopes_of = [](std::string_view text) {
      return ClaimsBuilder().scopes(text).build().record();
    };
    const std::string both = record_with(field(7, "a") + field(7, "b"));
    for (const char* text : {"a b", " a  b ", "a b a b", "  a b  b   "}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, both, scopes_of(text));
    }
    for (const char* text : {"", " ", "   "}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, Claims().record(), scopes_of(text));
    }
    CPPUNIT_ASSERT_EQUAL(record_with(field(7, "a\tb")), scopes_of("a\tb"));
  }

  void keeps_a_role_once() {
    const Claims claims = ClaimsBuilder().role("a", {"1"}).role("b", {}).role("a", {"1"}).build();
    CPPUNIT_ASSERT_EQUAL(record_with(field(8, "a") + field(9, "1") + field(8, "b")),
                         claims.record());
  }

  void keeps_every_time_apart_from_none() {
    for (const std::int64_t time :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 53, -(std::int64_t{1} << 53)}) {
      const Claims claims = ClaimsBuilder().expiry(WallTime(seconds(time))).build();
      const auto copy = Claims::from_record(claims.record());
      CPPUNIT_ASSERT(copy && copy->expiry() == WallTime(seconds(time)));
      CPPUNIT_ASSERT(!copy->not_before());
    }
  }

  void comes_back_from_its_record() {
    const auto copy = Claims::from_record(full().record());
    CPPUNIT_ASSERT(copy.has_value());
    knows_everything(*copy);
    CPPUNIT_ASSERT_EQUAL(full().record(), copy->record());
    CPPUNIT_ASSERT(Claims::from_record(Claims().record()).has_value());
    std::string large(70'000, 'x');
    const auto long_name = Claims::from_record(ClaimsBuilder().subject(large).build().record());
    CPPUNIT_ASSERT(long_name && long_name->subject() == large);
  }

  void leaves_the_builder_empty() {
    ClaimsBuilder builder;
    builder.subject("a").expiry(WallTime(seconds(1)));
    CPPUNIT_ASSERT(builder.build().subject() == "a");
    CPPUNIT_ASSERT_EQUAL(Claims().record(), builder.build().record());
  }

  void is_packed() {
    const Claims claims = full();
    CPPUNIT_ASSERT(claims.owned_bytes() <= claims.record().size());
  }

  // Of 36 characters, each granted by one organisation.
  static std::string role_name(int number) {
    std::string name = "role-" + std::to_string(number) + '-';
    name.resize(36, 'x');
    return name;
  }

  static void add_roles(ClaimsBuilder& builder, int count) {
    builder.subject("338274182601113603").client_id("reporting-service").username("reporting");
    for (const char* id : {"338273919103205379", "338273918163681283"}) builder.audience(id);
    for (int i = 0; i < count; ++i) builder.role(role_name(i), {"338273905748541443"});
  }

  void has_room_for_a_thousand_roles() {
    ClaimsBuilder builder;
    add_roles(builder, 1000);
    CPPUNIT_ASSERT(!builder.is_too_long());
    const auto claims = Claims::from_record(builder.build().record());
    CPPUNIT_ASSERT(claims && claims->roles().size() == 1000);
    CPPUNIT_ASSERT(claims->has_role(role_name(999), "338273905748541443"));
  }

  void says_when_roles_have_no_room() {
    ClaimsBuilder builder;
    add_roles(builder, 1100);
    CPPUNIT_ASSERT(builder.is_too_long());
    static_cast<void>(builder.build());
    CPPUNIT_ASSERT(!builder.is_too_long());
  }

  void leaves_out_scopes_that_have_no_room() {
    std::string scopes;
    for (int i = 0; i < 60'000; ++i) scopes += "scope-" + std::to_string(i) + ' ';
    const Claims claims = ClaimsBuilder().role("a", {"1"}).scopes(scopes).extra("b", "c").build();
    CPPUNIT_ASSERT(claims.has_role("a", "1") && claims.has_scope("scope-0"));
    CPPUNIT_ASSERT(claims.record().size() <= auth::kMaxRecordBytes);
    CPPUNIT_ASSERT(claims.record().size() > auth::kMaxRecordBytes - 100);
    CPPUNIT_ASSERT_EQUAL(std::size_t{60'000}, claims.scopes().size() + claims.left_out() -
                                                  (claims.extra("b").empty() ? 1U : 0U));
  }

  void leaves_out_an_extra_claim_that_has_no_room() {
    const Claims claims = ClaimsBuilder()
                              .subject("a")
                              .extra("long", std::string(100'000, 'x'))
                              .extra("b", "c")
                              .build();
    CPPUNIT_ASSERT(claims.extra("long").empty() && claims.extra("b") == "c");
    CPPUNIT_ASSERT_EQUAL(1U, claims.left_out());
    CPPUNIT_ASSERT_EQUAL(0U, full().left_out());
  }

  // How often two names are compared for that many scopes and roles, each of them given twice.
  static std::uint64_t comparisons(int scope_count, int role_count) {
    std::uint64_t compared = 0;
    ClaimsBuilder builder(auth::NameOrder{&compared});
    for (int round = 0; round < 2; ++round) add_roles(builder, role_count);
    CPPUNIT_ASSERT_EQUAL(role_count > 1000, builder.is_too_long());
    std::string scopes;
    for (int i = 0; i < scope_count; ++i) scopes += std::to_string(i) + ' ';
    builder.scopes(scopes + scopes);
    return compared;
  }

  // A hundred times as many names: 10,000 times the work where each is compared with all others.
  void takes_work_in_proportion_to_what_it_is_given() {
    for (const auto& [few, many] : {std::pair{comparisons(60, 0), comparisons(6'000, 0)},
                                    std::pair{comparisons(0, 200), comparisons(0, 20'000)}}) {
      CPPUNIT_ASSERT(few >= 100);
      const std::string ratio = std::to_string(many / few);
      CPPUNIT_ASSERT_MESSAGE(ratio, many / few >= 100 && many / few <= 300);
    }
    // What has no room is looked for, and not kept.
    const std::uint64_t kept = comparisons(60'000, 0);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(kept), kept < 60'000 * 2 * 40);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClaimsTest);

}  // namespace
