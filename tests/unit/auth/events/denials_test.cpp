// SPDX-License-Identifier: Apache-2.0
// Which JWTs have ended, by when they were issued.
#include "auth/events/denials.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using auth::Claims;
using auth::Denials;
using auth::Ending;
using auth::Endings;
using auth::Ends;
using auth::scope_of;
using auth::WallTime;

constexpr std::uint64_t kNow = 1'700'000'000;
constexpr std::uint64_t kHour = 3600;

Claims claims_of(std::string_view subject, std::string_view token_id = "V2_1-at_1") {
  return auth::ClaimsBuilder().subject(subject).token_id(token_id).role("reader", {"1"}).build();
}

Ending alice(std::uint64_t until) { return {scope_of(Ends::kSubject, "alice"), until}; }

class DenialsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DenialsTest);
  CPPUNIT_TEST(end_what_was_issued_until_then);
  CPPUNIT_TEST(the_last_of_two_counts_in_whatever_order_they_come);
  CPPUNIT_TEST(name_what_they_end);
  CPPUNIT_TEST(everything_is_what_was_issued_before);
  CPPUNIT_TEST(when_full_whatever_is_older_has_ended);
  CPPUNIT_TEST(what_no_jwt_can_have_outlived_leaves);
  CPPUNIT_TEST(its_parts_say_what_was_forgotten);
  CPPUNIT_TEST(begun_anew_nothing_is_known);
  CPPUNIT_TEST_SUITE_END();

  bool ended(const Claims& claims, std::uint64_t issued) const {
    return denials_.ended(claims, WallTime(std::chrono::seconds(issued)));
  }
  static Endings many(std::size_t count, std::uint64_t from) {
    Endings endings;
    for (std::size_t i = 0; i < count; ++i) {
      endings.emplace_back(scope_of(Ends::kSubject, std::to_string(i)), from + i);
    }
    return endings;
  }

 public:
  void end_what_was_issued_until_then() {
    CPPUNIT_ASSERT(!ended(claims_of("alice"), kNow));
    denials_.add({alice(kNow)});
    CPPUNIT_ASSERT(ended(claims_of("alice"), kNow - 1));
    CPPUNIT_ASSERT(ended(claims_of("alice"), kNow));
    CPPUNIT_ASSERT(!ended(claims_of("alice"), kNow + 1));
    CPPUNIT_ASSERT(!ended(claims_of("bob"), kNow - 1));
  }

  void the_last_of_two_counts_in_whatever_order_they_come() {
    denials_.add({alice(kNow + 9), alice(kNow)});
    CPPUNIT_ASSERT(ended(claims_of("alice"), kNow + 9));
    CPPUNIT_ASSERT(!ended(claims_of("alice"), kNow + 10));
  }

  void name_what_they_end() {
    const Claims claims = claims_of("alice", "V2_5-at_6");
    for (const auto& [scope, fits] : {std::pair{scope_of(Ends::kToken, "V2_5-at_6"), true},
                                      {scope_of(Ends::kSession, "V2_5"), true},
                                      {scope_of(Ends::kRole, "77", "reader"), true},
                                      {scope_of(Ends::kAnyRole), true},
                                      {scope_of(Ends::kProject, "77"), true},
                                      {scope_of(Ends::kSession, "V2_6"), false},
                                      {scope_of(Ends::kRole, "77", "writer"), false},
                                      {scope_of(Ends::kProject, "78"), false}}) {
      Denials denials("77", false);
      denials.add({{scope, kNow}});
      CPPUNIT_ASSERT_EQUAL(fits, denials.ended(claims, WallTime(std::chrono::seconds(kNow))));
      CPPUNIT_ASSERT(!denials.ended(claims, WallTime(std::chrono::seconds(kNow + 1))));
    }
  }

  void everything_is_what_was_issued_before() {
    denials_.add({{scope_of(Ends::kEverything), kNow}});
    CPPUNIT_ASSERT(ended(claims_of("bob"), kNow));
    CPPUNIT_ASSERT(!ended(claims_of("bob"), kNow + 1));
  }

  void when_full_whatever_is_older_has_ended() {
    denials_.add(many(auth::kMaxPurges, kNow));
    CPPUNIT_ASSERT(ended(claims_of("0"), kNow));
    CPPUNIT_ASSERT(!ended(claims_of("nobody"), kNow));
    denials_.add({alice(kNow + auth::kMaxPurges)});
    const std::uint64_t forgotten = kNow + auth::kMaxPurges / 2;
    CPPUNIT_ASSERT(ended(claims_of("0"), kNow));
    CPPUNIT_ASSERT(ended(claims_of("nobody"), forgotten));
    CPPUNIT_ASSERT(!ended(claims_of("nobody"), forgotten + 1));
    CPPUNIT_ASSERT(ended(claims_of("alice"), kNow + auth::kMaxPurges));
  }

  void what_no_jwt_can_have_outlived_leaves() {
    denials_.add(many(1000, kNow));
    denials_.add(many(1000, kNow + 49 * kHour));
    const auto parts = denials_.parts(512, 0);
    std::size_t count = 0;
    for (const auto& part : parts) count += part.endings.size();
    CPPUNIT_ASSERT(count <= 1500);
    CPPUNIT_ASSERT(ended(claims_of("999"), kNow + 49 * kHour + 999));
    CPPUNIT_ASSERT(!ended(claims_of("nobody"), kNow + 2 * kHour));
  }

  void its_parts_say_what_was_forgotten() {
    denials_.add(many(auth::kMaxPurges + 1, kNow));
    Denials copy("77", false);
    const auto parts = denials_.parts(512, 0);
    copy.replace(parts.back());
    const WallTime before(std::chrono::seconds(parts.back().forgotten));
    CPPUNIT_ASSERT(copy.stamp() == denials_.stamp());
    CPPUNIT_ASSERT(copy.ended(claims_of("nobody"), before));
    CPPUNIT_ASSERT(!copy.ended(claims_of("nobody"), before + std::chrono::seconds(1)));
  }

  void begun_anew_nothing_is_known() {
    denials_.add(many(auth::kMaxPurges + 1, kNow));
    const auto stamp = denials_.stamp();
    denials_.begin_anew({});
    CPPUNIT_ASSERT(!ended(claims_of("0"), kNow));
    CPPUNIT_ASSERT(!denials_.leads_on_from(stamp));
  }

 private:
  Denials denials_{"77", false};
};

CPPUNIT_TEST_SUITE_REGISTRATION(DenialsTest);

}  // namespace
