// SPDX-License-Identifier: Apache-2.0
#include "auth/events/purges.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using auth::Claims;
using auth::ClaimsBuilder;
using auth::Ends;
using auth::Purges;
using auth::PurgeStamp;
using auth::Scope;
using auth::scope_of;

const std::string kProject = "77";

Claims claims_of(std::string_view subject, std::string_view token_id,
                 const std::vector<std::string>& roles = {}) {
  ClaimsBuilder builder;
  builder.subject(subject).token_id(token_id);
  for (const std::string& role : roles) builder.role(role, {"1"});
  return builder.build();
}

class PurgesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PurgesTest);
  CPPUNIT_TEST(nothing_ends_an_answer_to_a_later_question);
  CPPUNIT_TEST(generation_zero_never_counts);
  CPPUNIT_TEST(a_purge_ends_what_it_names_and_nothing_else);
  CPPUNIT_TEST(what_the_claims_do_not_say_any_purge_may_mean);
  CPPUNIT_TEST(roles_of_an_unknown_project_end_with_any_role);
  CPPUNIT_TEST(where_foreign_roles_are_kept_any_role_ends_all);
  CPPUNIT_TEST(keys_end_nothing);
  CPPUNIT_TEST(knows_a_stamp_of_its_own_past);
  CPPUNIT_TEST(knows_no_stamp_of_others);
  CPPUNIT_TEST(takes_purges_that_lead_on_from_its_own);
  CPPUNIT_TEST(takes_no_purges_with_a_gap);
  CPPUNIT_TEST(what_others_learned_apart_ends_everything);
  CPPUNIT_TEST(when_full_the_oldest_end_everything);
  CPPUNIT_TEST(remembers_the_last_of_each_kind);
  CPPUNIT_TEST(its_parts_make_the_same_purges);
  CPPUNIT_TEST_SUITE_END();

  Purges purges_{kProject, false};

  bool ends(Purges& purges, const Claims& claims, Scope scope) {
    const std::uint64_t before = purges.generation();
    CPPUNIT_ASSERT(!purges.ended(claims, before));
    purges.add({scope});
    CPPUNIT_ASSERT(!purges.ended(claims, purges.generation()));
    return purges.ended(claims, before);
  }
  bool ends(const Claims& claims, Scope scope) { return ends(purges_, claims, scope); }

 public:
  void nothing_ends_an_answer_to_a_later_question() {
    const Claims claims = claims_of("1", "V2_1-at_1");
    purges_.add({scope_of(Ends::kEverything)});
    const std::uint64_t asked = purges_.generation();
    CPPUNIT_ASSERT(!purges_.ended(claims, asked));
    purges_.add({scope_of(Ends::kSubject, "2")});
    CPPUNIT_ASSERT(!purges_.ended(claims, asked));
    purges_.add({scope_of(Ends::kSubject, "1"), scope_of(Ends::kSubject, "3")});
    CPPUNIT_ASSERT(purges_.ended(claims, asked));
  }

  void generation_zero_never_counts() { CPPUNIT_ASSERT(purges_.ended(claims_of("1", "1"), 0)); }

  void a_purge_ends_what_it_names_and_nothing_else() {
    const Claims claims = claims_of("1", "V2_5-at_6", {"reader"});
    CPPUNIT_ASSERT(ends(claims, scope_of(Ends::kEverything)));
    CPPUNIT_ASSERT(ends(claims, scope_of(Ends::kSubject, "1")));
    CPPUNIT_ASSERT(ends(claims, scope_of(Ends::kToken, "V2_5-at_6")));
    CPPUNIT_ASSERT(ends(claims, scope_of(Ends::kSession, "V2_5")));
    CPPUNIT_ASSERT(ends(claims, scope_of(Ends::kRole, kProject, "reader")));
    CPPUNIT_ASSERT(ends(claims, scope_of(Ends::kAnyRole)));
    CPPUNIT_ASSERT(ends(claims, scope_of(Ends::kProject, kProject)));
    CPPUNIT_ASSERT(!ends(claims, scope_of(Ends::kSubject, "V2_5")));
    CPPUNIT_ASSERT(!ends(claims, scope_of(Ends::kSubject, "11")));
    CPPUNIT_ASSERT(!ends(claims, scope_of(Ends::kToken, "V2_5")));
    CPPUNIT_ASSERT(!ends(claims, scope_of(Ends::kSession, "V2_55")));
    CPPUNIT_ASSERT(!ends(claims, scope_of(Ends::kRole, kProject, "writer")));
    CPPUNIT_ASSERT(!ends(claims, scope_of(Ends::kRole, "78", "reader")));
    CPPUNIT_ASSERT(!ends(claims, scope_of(Ends::kProject, "78")));
    CPPUNIT_ASSERT(!ends(claims_of("1", "1"), scope_of(Ends::kAnyRole)));
  }

  void what_the_claims_do_not_say_any_purge_may_mean() {
    CPPUNIT_ASSERT(ends(claims_of("", "1"), scope_of(Ends::kSubject, "9")));
    CPPUNIT_ASSERT(ends(claims_of("1", ""), scope_of(Ends::kToken, "9")));
    CPPUNIT_ASSERT(ends(claims_of("1", ""), scope_of(Ends::kSession, "9")));
    Purges unknown("", false);
    CPPUNIT_ASSERT(ends(unknown, claims_of("1", "1"), scope_of(Ends::kProject, "9")));
  }

  void roles_of_an_unknown_project_end_with_any_role() {
    Purges unknown("", false);
    CPPUNIT_ASSERT(ends(unknown, claims_of("1", "1", {"a"}), scope_of(Ends::kRole, "9", "b")));
    CPPUNIT_ASSERT(!ends(unknown, claims_of("1", "1"), scope_of(Ends::kRole, "9", "b")));
  }

  void where_foreign_roles_are_kept_any_role_ends_all() {
    Purges passing(kProject, true);
    CPPUNIT_ASSERT(ends(passing, claims_of("1", "1"), scope_of(Ends::kRole, "9", "b")));
    CPPUNIT_ASSERT(ends(passing, claims_of("1", "1"), scope_of(Ends::kAnyRole)));
    CPPUNIT_ASSERT(ends(passing, claims_of("1", "1"), scope_of(Ends::kProject, "9")));
  }

  void keys_end_nothing() { CPPUNIT_ASSERT(!ends(claims_of("", ""), scope_of(Ends::kKeys))); }

  void knows_a_stamp_of_its_own_past() {
    std::vector<Purges::Known> past;
    for (int i = 0; i < 5; ++i) {
      past.push_back(purges_.known());
      purges_.add({scope_of(Ends::kSubject, std::to_string(i))});
    }
    for (const Purges::Known& then : past) {
      const auto generation = purges_.generation_of(then.stamp);
      CPPUNIT_ASSERT(generation.has_value());
      CPPUNIT_ASSERT_EQUAL(then.generation, *generation);
    }
  }

  void knows_no_stamp_of_others() {
    Purges other(kProject, false);
    const PurgeStamp own = purges_.known().stamp;
    CPPUNIT_ASSERT(!purges_.generation_of(other.known().stamp));
    CPPUNIT_ASSERT(!purges_.generation_of({}));
    CPPUNIT_ASSERT(!purges_.generation_of({own.number + 1, own.chain}));
    CPPUNIT_ASSERT(!purges_.generation_of({own.number - 1, own.chain}));
  }

  void takes_purges_that_lead_on_from_its_own() {
    Purges follower(kProject, false);
    follower.replace({purges_.known().stamp, {}});
    const std::uint64_t asked = follower.generation();
    const std::vector<Scope> scopes{scope_of(Ends::kSubject, "1"), scope_of(Ends::kSubject, "2")};
    purges_.add(auth::endings_of(scopes));
    CPPUNIT_ASSERT(follower.extend(auth::endings_of(scopes), purges_.known().stamp));
    CPPUNIT_ASSERT(follower.known().stamp == purges_.known().stamp);
    CPPUNIT_ASSERT(follower.ended(claims_of("2", "1"), asked));
    CPPUNIT_ASSERT(!follower.ended(claims_of("3", "1"), asked));
  }

  void takes_no_purges_with_a_gap() {
    Purges follower(kProject, false);
    follower.replace({purges_.known().stamp, {}});
    purges_.add({scope_of(Ends::kSubject, "1"), scope_of(Ends::kSubject, "2")});
    const std::uint64_t asked = follower.generation();
    for (const auto& part : std::vector<std::vector<Scope>>{
             {},
             {scope_of(Ends::kSubject, "2")},
             {scope_of(Ends::kSubject, "2"), scope_of(Ends::kSubject, "1")}}) {
      CPPUNIT_ASSERT(!follower.extend(auth::endings_of(part), purges_.known().stamp));
    }
    CPPUNIT_ASSERT_EQUAL(asked, follower.generation());
  }

  void what_others_learned_apart_ends_everything() {
    const std::uint64_t asked = purges_.generation();
    const PurgeStamp own = purges_.known().stamp;
    Purges other(kProject, false);
    purges_.replace({other.known().stamp, {scope_of(Ends::kSubject, "2")}});
    CPPUNIT_ASSERT(purges_.ended(claims_of("1", "1"), asked));
    CPPUNIT_ASSERT(!purges_.ended(claims_of("1", "1"), purges_.generation()));
    CPPUNIT_ASSERT(!purges_.generation_of(own));
    const auto before = purges_.generation_of(other.known().stamp);
    CPPUNIT_ASSERT(before.has_value());
    CPPUNIT_ASSERT(purges_.ended(claims_of("2", "1"), *before));
    CPPUNIT_ASSERT(!purges_.ended(claims_of("1", "1"), *before));
  }

  void when_full_the_oldest_end_everything() {
    const Purges::Known oldest = purges_.known();
    std::vector<Scope> scopes;
    for (std::size_t i = 0; i < auth::kMaxPurges; ++i) {
      scopes.push_back(scope_of(Ends::kSubject, std::to_string(i)));
    }
    purges_.add(auth::endings_of(scopes));
    CPPUNIT_ASSERT(!purges_.ended(claims_of("none", "1"), oldest.generation));
    const Purges::Known recent = purges_.known();
    purges_.add({scope_of(Ends::kSubject, "one more")});
    CPPUNIT_ASSERT(purges_.ended(claims_of("none", "1"), oldest.generation));
    CPPUNIT_ASSERT(!purges_.generation_of(oldest.stamp));
    CPPUNIT_ASSERT(!purges_.ended(claims_of("none", "1"), recent.generation));
    CPPUNIT_ASSERT(purges_.generation_of(recent.stamp) == recent.generation);
    CPPUNIT_ASSERT(purges_.ended(claims_of("one more", "1"), recent.generation));
  }

  void remembers_the_last_of_each_kind() {
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, purges_.last_of(Ends::kKeys));
    purges_.add({scope_of(Ends::kSubject, "1"), scope_of(Ends::kKeys)});
    CPPUNIT_ASSERT_EQUAL(purges_.generation(), purges_.last_of(Ends::kKeys));
  }

  void its_parts_make_the_same_purges() {
    Purges copy(kProject, false);
    copy.replace({purges_.known().stamp, {}});
    for (int i = 0; i < 10; ++i) purges_.add({scope_of(Ends::kSubject, std::to_string(i))});
    const auto parts = purges_.parts(4, 0);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, parts.size());
    for (const Purges::Part& part : parts) {
      CPPUNIT_ASSERT(part.before == copy.known().stamp);
      copy.add(part.endings);
    }
    CPPUNIT_ASSERT(copy.known().stamp == purges_.known().stamp);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, purges_.parts(4, 2).size());
    CPPUNIT_ASSERT(purges_.parts(4, 3).empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PurgesTest);

}  // namespace
