// SPDX-License-Identifier: Apache-2.0
#include "auth/admission.h"

#include <cppunit/extensions/HelperMacros.h>

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using auth::Admission;
using auth::Asker;
using auth::Reason;
using auth::Standing;
using auth::SteadyTime;
using std::chrono::seconds;

class Turn final : public Admission::Turn {
 public:
  explicit Turn(const Asker& asker) : Admission::Turn(asker) {}
};

constexpr std::size_t kAll = 1000;

class AdmissionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AdmissionTest);
  CPPUNIT_TEST(no_client_has_more_than_half_of_the_places);
  CPPUNIT_TEST(new_tokens_leave_a_quarter_of_the_places);
  CPPUNIT_TEST(whoever_holds_most_gives_a_place_up);
  CPPUNIT_TEST(nobody_gives_a_place_up_to_who_holds_as_many);
  CPPUNIT_TEST(networks_of_one_customer_give_up_as_one);
  CPPUNIT_TEST(a_neighbour_in_the_network_gets_its_share);
  CPPUNIT_TEST(who_cannot_be_told_apart_gives_up_as_one);
  CPPUNIT_TEST(a_client_with_known_tokens_gives_up_to_others);
  CPPUNIT_TEST(known_tokens_get_the_places_of_new_ones);
  CPPUNIT_TEST(a_client_with_half_for_known_tokens_takes_none_of_new_ones);
  CPPUNIT_TEST(who_gave_a_place_up_leaves_none);
  CPPUNIT_TEST(leaving_a_place_makes_room);
  CPPUNIT_TEST(clients_that_are_not_known_share_what_there_is);
  CPPUNIT_TEST(a_client_alone_has_half_of_the_slots);
  CPPUNIT_TEST(another_client_starts_at_once);
  CPPUNIT_TEST(new_tokens_leave_a_quarter_of_the_slots);
  CPPUNIT_TEST(known_tokens_go_first);
  CPPUNIT_TEST(clients_take_turns);
  CPPUNIT_TEST(clients_with_known_tokens_take_turns);
  CPPUNIT_TEST(networks_of_one_customer_have_one_turn);
  CPPUNIT_TEST(who_had_a_turn_waits_for_the_others);
  CPPUNIT_TEST(a_client_with_known_tokens_alone_has_all_slots);
  CPPUNIT_TEST(known_tokens_of_one_client_leave_half_to_strangers);
  CPPUNIT_TEST(one_turn_in_four_is_a_strangers);
  CPPUNIT_TEST(a_question_of_nobodys_becomes_its_first_askers);
  CPPUNIT_TEST(who_leaves_the_line_is_not_sent);
  CPPUNIT_TEST(an_ended_question_frees_its_slot);
  CPPUNIT_TEST(gives_who_waits_longest_whatever_line_it_is_in);
  CPPUNIT_TEST(a_network_of_ipv6_is_one_client);
  CPPUNIT_TEST(few_slots_are_enough);
  CPPUNIT_TEST_SUITE_END();

  std::deque<Turn> turns_{};
  SteadyTime now_{seconds(1000)};
  auth::Holders::Id last_id_ = 0;

  static Asker asker(std::string_view address, Standing standing = Standing::kNew) {
    return {standing, Asker::client_of(address)};
  }
  static Asker known(std::string_view address = "192.0.2.1") {
    return asker(address, Standing::kKnown);
  }

  Admission::Turn& wait(Admission& admission, const Asker& asker) {
    turns_.emplace_back(asker);
    admission.wait(turns_.back(), now_);
    return turns_.back();
  }

  // How many of the client's questions are sent, until no more may be.
  static std::size_t sent(Admission& admission, std::size_t slots) {
    std::size_t count = 0;
    while (admission.next(slots) != nullptr) ++count;
    return count;
  }

  Admission::Place take(Admission& admission, const Asker& asker) {
    return admission.take_place(asker, ++last_id_);
  }

  // How many places the asker gets, until none is free for it.
  std::size_t places(Admission& admission, const Asker& asker) {
    for (std::size_t count = 0;; ++count) {
      const Admission::Place place = take(admission, asker);
      if (place.refused) return count;
      CPPUNIT_ASSERT(!place.instead_of);
    }
  }

  // The same, and how many of them others gave up.
  std::pair<std::size_t, std::size_t> places_and_given_up(Admission& admission,
                                                          const Asker& asker) {
    std::size_t given_up = 0;
    for (std::size_t count = 0;; ++count) {
      const Admission::Place place = take(admission, asker);
      if (place.refused) return {count, given_up};
      given_up += place.instead_of ? 1U : 0U;
    }
  }

  // So many places are free for it.
  void take_places(Admission& admission, const Asker& asker, std::size_t count) {
    for (; count > 0; --count) {
      const Admission::Place place = take(admission, asker);
      CPPUNIT_ASSERT(!place.refused && !place.instead_of);
    }
  }

  void no_client_has_more_than_half_of_the_places() {
    Admission admission(kAll);
    CPPUNIT_ASSERT_EQUAL(kAll / 2, places(admission, asker("192.0.2.1")));
    CPPUNIT_ASSERT(take(admission, asker("192.0.2.1")).refused == Reason::kTooManyFromClient);
    CPPUNIT_ASSERT(!take(admission, asker("192.0.2.2")).refused);
    CPPUNIT_ASSERT(!take(admission, known("192.0.2.1")).refused);
  }

  void new_tokens_leave_a_quarter_of_the_places() {
    Admission admission(kAll);
    take_places(admission, asker("192.0.2.1"), kAll / 2);
    take_places(admission, asker("192.0.2.2"), kAll / 4);
    CPPUNIT_ASSERT(take(admission, asker("192.0.2.3")).instead_of.has_value());
    take_places(admission, known(), kAll / 4);
  }

  void whoever_holds_most_gives_a_place_up() {
    Admission admission(100);
    take_places(admission, asker("192.0.2.1"), 45);
    take_places(admission, asker("192.0.2.2"), 30);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{45}, *take(admission, asker("192.0.2.3")).instead_of);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{44}, *take(admission, asker("192.0.2.3")).instead_of);
    // All have as many in the end, and one has one more at most.
    const auto expected = std::make_pair(std::size_t{23}, std::size_t{23});
    CPPUNIT_ASSERT(places_and_given_up(admission, asker("192.0.2.3")) == expected);
    CPPUNIT_ASSERT(take(admission, asker("192.0.2.3")).refused == Reason::kTooManyFromClient);
    CPPUNIT_ASSERT(take(admission, asker("192.0.2.1")).refused == Reason::kTooManyFromClient);
    CPPUNIT_ASSERT(take(admission, asker("192.0.2.4")).instead_of.has_value());
  }

  void nobody_gives_a_place_up_to_who_holds_as_many() {
    Admission admission(100);
    for (int i = 0; i < 75; ++i) take_places(admission, asker("10.0.0." + std::to_string(i)), 1);
    CPPUNIT_ASSERT(take(admission, asker("192.0.2.1")).refused == Reason::kTooManyWaiting);
    CPPUNIT_ASSERT(take(admission, asker("10.0.0.1")).refused == Reason::kTooManyFromClient);
    CPPUNIT_ASSERT(!take(admission, known("192.0.2.1")).refused);
  }

  static std::string household(int number) {
    return "2001:db8:0:" + std::to_string(number) + "::1";
  }

  void networks_of_one_customer_give_up_as_one() {
    Admission admission(100);
    for (int i = 0; i < 75; ++i) take_places(admission, asker(household(i)), 1);
    for (const char* other : {"192.0.2.1", "2001:db8:1::1"}) {
      CPPUNIT_ASSERT(take(admission, asker(other)).instead_of.has_value());
    }
    CPPUNIT_ASSERT(take(admission, asker(household(99))).refused == Reason::kTooManyWaiting);
  }

  void a_neighbour_in_the_network_gets_its_share() {
    Admission admission(100);
    take_places(admission, asker(household(1)), 40);
    take_places(admission, asker("192.0.2.1"), 35);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{40}, *take(admission, asker(household(2))).instead_of);
    const auto expected = std::make_pair(std::size_t{19}, std::size_t{19});
    CPPUNIT_ASSERT(places_and_given_up(admission, asker(household(2))) == expected);
  }

  void who_cannot_be_told_apart_gives_up_as_one() {
    Admission admission(100);
    take_places(admission, asker(""), 75);
    CPPUNIT_ASSERT(take(admission, asker("")).refused == Reason::kTooManyWaiting);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{75}, *take(admission, asker("192.0.2.1")).instead_of);
    CPPUNIT_ASSERT(take(admission, asker("no address")).refused == Reason::kTooManyWaiting);
  }

  void a_client_with_known_tokens_gives_up_to_others() {
    Admission admission(100);
    take_places(admission, known("192.0.2.1"), 100);
    CPPUNIT_ASSERT(take(admission, known("192.0.2.1")).refused == Reason::kTooManyFromClient);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, *take(admission, known("192.0.2.2")).instead_of);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{99}, *take(admission, asker("192.0.2.3")).instead_of);
    // What is kept for new tokens; of other clients as well.
    for (int i = 1; i < 25; ++i) {
      CPPUNIT_ASSERT(take(admission, asker("10.0.0." + std::to_string(i))).instead_of.has_value());
    }
    CPPUNIT_ASSERT(take(admission, asker("192.0.2.4")).refused == Reason::kTooManyWaiting);
    // And known ones of others share with who has most.
    for (int i = 0; i < 30; ++i) {
      CPPUNIT_ASSERT(take(admission, known("10.0.0." + std::to_string(i))).instead_of.has_value());
    }
  }

  void known_tokens_get_the_places_of_new_ones() {
    Admission admission(100);
    for (int i = 0; i < 75; ++i) take_places(admission, asker("10.0.0." + std::to_string(i)), 1);
    for (int i = 0; i < 25; ++i) take_places(admission, known("10.0.0." + std::to_string(i)), 1);
    for (int i = 25; i < 75; ++i) {
      CPPUNIT_ASSERT(take(admission, known("10.0.0." + std::to_string(i))).instead_of.has_value());
    }
    CPPUNIT_ASSERT(take(admission, known("192.0.2.1")).refused == Reason::kTooManyWaiting);
  }

  void a_client_with_half_for_known_tokens_takes_none_of_new_ones() {
    Admission admission(100);
    for (int i = 0; i < 75; ++i) take_places(admission, asker("10.0.0." + std::to_string(i)), 1);
    const auto expected = std::make_pair(std::size_t{50}, std::size_t{25});
    CPPUNIT_ASSERT(places_and_given_up(admission, known("192.0.2.1")) == expected);
    CPPUNIT_ASSERT(take(admission, known("192.0.2.1")).refused == Reason::kTooManyFromClient);
    CPPUNIT_ASSERT(take(admission, known("192.0.2.2")).instead_of.has_value());
  }

  // Whoever called to take it back would take another's.
  void who_gave_a_place_up_leaves_none() {
    Admission admission(4);
    take_places(admission, asker("192.0.2.1"), 2);
    take_places(admission, asker("192.0.2.2"), 1);
    const auto id = take(admission, asker("192.0.2.3")).instead_of;
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, *id);
    admission.leave_place(asker("192.0.2.1"), *id);
    CPPUNIT_ASSERT(take(admission, asker("192.0.2.4")).refused == Reason::kTooManyWaiting);
  }

  void leaving_a_place_makes_room() {
    Admission admission(4);
    for (const Asker& each : {asker("192.0.2.1"), known()}) {
      for (int round = 0; round < 2; ++round) {
        const auto first = last_id_ + 1;
        const std::size_t most = each.standing == Standing::kKnown ? 4 : 2;
        CPPUNIT_ASSERT_EQUAL(most, places(admission, each));
        for (std::size_t i = 0; i < most; ++i) admission.leave_place(each, first + i);
      }
    }
  }

  void clients_that_are_not_known_share_what_there_is() {
    Admission admission(3);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, places(admission, asker("")));
    CPPUNIT_ASSERT(take(admission, asker("no address")).refused == Reason::kTooManyWaiting);
    Admission slots(kAll);
    for (std::size_t i = 0; i < 10; ++i) wait(slots, asker(""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, sent(slots, 4));
  }

  void a_client_alone_has_half_of_the_slots() {
    Admission admission(kAll);
    for (std::size_t i = 0; i < kAll; ++i) wait(admission, asker("192.0.2.1"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, sent(admission, 100));
  }

  void another_client_starts_at_once() {
    Admission admission(kAll);
    for (std::size_t i = 0; i < 300; ++i) wait(admission, asker("192.0.2.1"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, sent(admission, 100));
    const Admission::Turn& other = wait(admission, asker("192.0.2.2"));
    CPPUNIT_ASSERT(admission.next(100) == &other);
    for (std::size_t i = 0; i < 300; ++i) wait(admission, asker("192.0.2.2"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{24}, sent(admission, 100));
    // A third one has fewer than they have: the first turn is its own.
    const Admission::Turn& third = wait(admission, asker("192.0.2.3"));
    CPPUNIT_ASSERT(admission.next(100) == nullptr);
    admission.end(turns_[0]);
    CPPUNIT_ASSERT(admission.next(100) == &third);
  }

  void new_tokens_leave_a_quarter_of_the_slots() {
    Admission admission(kAll);
    for (int client = 0; client < 100; ++client) {
      for (int i = 0; i < 10; ++i) wait(admission, asker("192.0.2." + std::to_string(client)));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{75}, sent(admission, 100));
    for (int i = 0; i < 100; ++i) wait(admission, known());
    CPPUNIT_ASSERT_EQUAL(std::size_t{25}, sent(admission, 100));
  }

  void known_tokens_go_first() {
    Admission admission(kAll);
    const Admission::Turn& stranger = wait(admission, asker("192.0.2.1"));
    const Admission::Turn& first = wait(admission, known());
    const Admission::Turn& second = wait(admission, known());
    CPPUNIT_ASSERT(admission.next(100) == &first);
    CPPUNIT_ASSERT(admission.next(100) == &second);
    CPPUNIT_ASSERT(admission.next(100) == &stranger);
    CPPUNIT_ASSERT(admission.next(100) == nullptr);
  }

  void clients_take_turns() { take_turns(Standing::kNew); }
  void clients_with_known_tokens_take_turns() { take_turns(Standing::kKnown); }

  void networks_of_one_customer_have_one_turn() {
    Admission admission(kAll);
    std::vector<const Admission::Turn*> households;
    for (int i = 0; i < 9; ++i) households.push_back(&wait(admission, asker(household(i / 3))));
    const Admission::Turn& other = wait(admission, asker("2001:db8:1::1"));
    const Admission::Turn& another = wait(admission, asker("192.0.2.1"));
    for (const Admission::Turn* each : {households[0], &other, &another, households[3]}) {
      CPPUNIT_ASSERT(admission.next(kAll) == each);
    }
    for (const std::size_t i : {6U, 1U, 4U, 7U}) {
      CPPUNIT_ASSERT(admission.next(kAll) == households[i]);
    }
  }

  // Its answer came already: it has no more under way than they have.
  void who_had_a_turn_waits_for_the_others() {
    for (const std::vector<std::string>& clients :
         {std::vector<std::string>{"192.0.2.1", "192.0.2.2", household(1)},
          std::vector<std::string>{household(1), household(2), household(3)}}) {
      Admission admission(kAll);
      turns_.clear();
      for (std::size_t i = 0; i < 6; ++i) wait(admission, asker(clients[i % 3]));
      for (Turn& each : turns_) {
        CPPUNIT_ASSERT(admission.next(1) == &each);
        admission.end(each);
      }
    }
  }

  void a_client_with_known_tokens_alone_has_all_slots() {
    Admission admission(kAll);
    for (int i = 0; i < 300; ++i) wait(admission, known());
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, sent(admission, 100));
    const Admission::Turn& other = wait(admission, known("192.0.2.2"));
    const Admission::Turn& stranger = wait(admission, asker("192.0.2.3"));
    for (const Admission::Turn* each : {&other, &stranger}) {
      CPPUNIT_ASSERT(admission.next(100) == nullptr);
      admission.end(turns_[each == &other ? 0 : 1]);
      CPPUNIT_ASSERT(admission.next(100) == each);
    }
  }

  void known_tokens_of_one_client_leave_half_to_strangers() {
    Admission admission(kAll);
    for (int i = 0; i < 300; ++i) wait(admission, known());
    for (int i = 0; i < 300; ++i) wait(admission, asker("10.0.0." + std::to_string(i % 100)));
    std::size_t strangers = 0;
    while (const Admission::Turn* turn = admission.next(100)) {
      strangers += turn->asker().standing == Standing::kNew ? 1U : 0U;
    }
    CPPUNIT_ASSERT(strangers >= 25 && strangers <= 75);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, admission.under_way());
  }

  void one_turn_in_four_is_a_strangers() {
    Admission admission(kAll);
    for (int i = 0; i < 40; ++i) wait(admission, known("10.0.0." + std::to_string(i)));
    for (int i = 0; i < 5; ++i) wait(admission, asker("192.0.2." + std::to_string(i)));
    for (int i = 1; i <= 20; ++i) {
      Turn* const turn = static_cast<Turn*>(admission.next(1));
      CPPUNIT_ASSERT_EQUAL(i % 4 == 0, turn->asker().standing == Standing::kNew);
      admission.end(*turn);
    }
  }

  // A refresh in the background for which somebody waits by now.
  void a_question_of_nobodys_becomes_its_first_askers() {
    Admission admission(kAll);
    for (int i = 0; i < 3; ++i) wait(admission, known(""));
    Admission::Turn& adopted = turns_[2];
    admission.adopt(adopted, known("192.0.2.1"));
    admission.adopt(adopted, known("192.0.2.2"));
    CPPUNIT_ASSERT(adopted.asker().client == Asker::client_of("192.0.2.1"));
    CPPUNIT_ASSERT(admission.next(100) == &turns_[0]);
    CPPUNIT_ASSERT(admission.next(100) == &adopted);
    admission.adopt(turns_[0], known("192.0.2.3"));
    CPPUNIT_ASSERT(!turns_[0].asker().client);
    for (std::size_t i : {0U, 2U}) admission.end(turns_[i]);
    CPPUNIT_ASSERT(admission.next(100) == &turns_[1]);
  }

  void take_turns(Standing standing) {
    Admission admission(kAll);
    std::vector<const Admission::Turn*> expected(9);
    for (std::size_t client = 0; client < 3; ++client) {
      for (std::size_t i = 0; i < 3; ++i) {
        const std::string address = "192.0.2." + std::to_string(client);
        expected[i * 3 + client] = &wait(admission, asker(address, standing));
      }
    }
    for (const Admission::Turn* each : expected) CPPUNIT_ASSERT(admission.next(kAll) == each);
  }

  void who_leaves_the_line_is_not_sent() {
    Admission admission(kAll);
    for (const Asker& each : {asker("192.0.2.1"), known()}) {
      Admission::Turn& gone = wait(admission, each);
      const Admission::Turn& stays = wait(admission, each);
      admission.end(gone);
      CPPUNIT_ASSERT(!Admission::is_waiting(gone));
      CPPUNIT_ASSERT(admission.next(100) == &stays);
      CPPUNIT_ASSERT(admission.next(100) == nullptr);
      admission.end(gone);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, admission.under_way());
  }

  void an_ended_question_frees_its_slot() {
    Admission admission(kAll);
    for (const Asker& each : {asker("192.0.2.1"), known()}) {
      Admission::Turn& first = wait(admission, each);
      const Admission::Turn& second = wait(admission, each);
      CPPUNIT_ASSERT(admission.next(1) == &first);
      CPPUNIT_ASSERT(admission.next(1) == nullptr);
      admission.end(first);
      CPPUNIT_ASSERT(admission.next(1) == &second);
      admission.end(turns_.back());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, admission.under_way());
    }
  }

  void gives_who_waits_longest_whatever_line_it_is_in() {
    Admission admission(kAll);
    std::vector<const Admission::Turn*> expected;
    for (const Asker& each : {asker("192.0.2.1"), known(), asker("192.0.2.2"), asker("")}) {
      expected.push_back(&wait(admission, each));
      now_ += seconds(1);
    }
    CPPUNIT_ASSERT(admission.waiting_since(SteadyTime(seconds(999))) == nullptr);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const SteadyTime then{seconds(1000 + static_cast<int>(i))};
      CPPUNIT_ASSERT(admission.waiting_since(then) == expected[i]);
      CPPUNIT_ASSERT(admission.waiting_since(then) == nullptr);
    }
    CPPUNIT_ASSERT(admission.next(100) == nullptr);
  }

  void a_network_of_ipv6_is_one_client() {
    Admission admission(kAll);
    CPPUNIT_ASSERT_EQUAL(kAll / 2, places(admission, asker("2001:db8:1:1::1")));
    CPPUNIT_ASSERT(take(admission, asker("2001:db8:1:1:ffff::2")).refused ==
                   Reason::kTooManyFromClient);
    CPPUNIT_ASSERT(!take(admission, asker("2001:db8:1:2::1")).refused);
    CPPUNIT_ASSERT(Asker::client_of("192.0.2.1") == Asker::client_of("::ffff:192.0.2.1"));
    CPPUNIT_ASSERT(Asker::client_of("192.0.2.1") != Asker::client_of("192.0.2.2"));
  }

  void few_slots_are_enough() {
    for (const std::size_t slots : {1U, 2U, 3U}) {
      Admission admission(kAll);
      for (int i = 0; i < 5; ++i) wait(admission, asker("192.0.2.1"));
      CPPUNIT_ASSERT(sent(admission, slots) >= 1);
    }
    Admission one(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, places(one, asker("192.0.2.1")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AdmissionTest);

}  // namespace
