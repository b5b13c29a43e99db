// SPDX-License-Identifier: Apache-2.0
#include "auth/store/bucket_index.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace {

using auth::bucket::Index;
using auth::bucket::kAnswers;
using auth::bucket::kLongestLife;
using auth::bucket::kRefusals;
using auth::bucket::kSlots;
using auth::bucket::Room;
using auth::bucket::Seconds;
using auth::bucket::Slot;
using auth::bucket::Space;

constexpr Seconds kNow = 1'700'000'000;
constexpr std::uint32_t kTag = 4711;
constexpr std::size_t kUnits = kAnswers.end - kAnswers.begin;
constexpr std::size_t kAnswerSlots = kAnswers.end_slot - kAnswers.first_slot;

class BucketIndexTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BucketIndexTest);
  CPPUNIT_TEST(counts_nothing_that_leads_out_of_its_space);
  CPPUNIT_TEST(counts_nothing_that_has_ended);
  CPPUNIT_TEST(counts_nothing_from_the_future);
  CPPUNIT_TEST(counts_nothing_that_would_live_too_long);
  CPPUNIT_TEST(has_no_room_for_what_is_larger_than_its_space);
  CPPUNIT_TEST(evicts_nobody_while_there_is_room);
  CPPUNIT_TEST(evicts_what_ends_first);
  CPPUNIT_TEST(evicts_no_more_than_it_needs);
  CPPUNIT_TEST(evicts_for_a_large_entry_those_that_end_first_in_a_row);
  CPPUNIT_TEST(evicts_what_ends_first_where_slots_are_short);
  CPPUNIT_TEST(evicts_what_else_the_tag_has);
  CPPUNIT_TEST(finds_refusals_before_answers);
  CPPUNIT_TEST(finds_room_within_the_space_whatever_the_index_holds);
  CPPUNIT_TEST(knows_times_up_to_its_limits);
  CPPUNIT_TEST(takes_the_first_gap_that_is_large_enough);
  CPPUNIT_TEST(takes_the_slot_that_the_tag_has_but_not_its_place);
  CPPUNIT_TEST(fills_a_space_to_its_end);
  CPPUNIT_TEST_SUITE_END();

  Slot& set(std::size_t slot, std::size_t place, std::size_t units, Seconds lifetime = 30,
            std::uint32_t tag = 1) {
    index_[slot] = {tag, kNow, kNow + lifetime, static_cast<std::uint16_t>(place),
                    static_cast<std::uint16_t>(units)};
    return index_[slot];
  }
  // The answer number n, behind those before it.
  Slot& answer(std::size_t n, std::size_t units, Seconds lifetime = 30) {
    return set(kAnswers.first_slot + n, kAnswers.begin + n * units, units, lifetime);
  }
  [[nodiscard]] bool is_live(std::size_t slot, Seconds now = kNow) const {
    return auth::bucket::is_live(index_, slot, now);
  }
  [[nodiscard]] Room room_for(std::size_t units, const Space& space = kAnswers) const {
    const auto room = auth::bucket::room_for(index_, space, kTag, units, kNow);
    CPPUNIT_ASSERT(room.has_value());
    return *room;
  }
  static void assert_evicts(std::vector<std::size_t> answers, Room room) {
    for (std::size_t& slot : answers) slot += kAnswers.first_slot;
    std::sort(room.evicted.begin(), room.evicted.end());
    CPPUNIT_ASSERT(answers == room.evicted);
  }

  void counts_nothing_that_leads_out_of_its_space() {
    for (const Space& space : {kRefusals, kAnswers}) {
      const std::size_t slot = space.first_slot;
      const std::size_t units = space.end - space.begin;
      set(slot, space.begin, units);
      CPPUNIT_ASSERT(is_live(slot));
      set(slot, space.begin - 1, 1);
      CPPUNIT_ASSERT(!is_live(slot));
      set(slot, 0, 1);
      CPPUNIT_ASSERT(!is_live(slot));
      set(slot, space.begin + 1, units);
      CPPUNIT_ASSERT(!is_live(slot));
      set(slot, space.end, 1);
      CPPUNIT_ASSERT(!is_live(slot));
      set(slot, 65535, 65535);
      CPPUNIT_ASSERT(!is_live(slot));
      set(slot, space.begin, 0);
      CPPUNIT_ASSERT(!is_live(slot));
    }
  }

  void counts_nothing_that_has_ended() {
    const std::size_t slot = kAnswers.first_slot;
    set(slot, kAnswers.begin, 10, 30);
    CPPUNIT_ASSERT(is_live(slot, kNow + 29));
    CPPUNIT_ASSERT(!is_live(slot, kNow + 30));
    index_[slot] = {};
    CPPUNIT_ASSERT(!is_live(slot, 0));
  }

  void counts_nothing_from_the_future() {
    const std::size_t slot = kAnswers.first_slot;
    set(slot, kAnswers.begin, 10);
    CPPUNIT_ASSERT(is_live(slot, kNow - 60));
    CPPUNIT_ASSERT(!is_live(slot, kNow - 61));
  }

  void counts_nothing_that_would_live_too_long() {
    const std::size_t slot = kAnswers.first_slot;
    set(slot, kAnswers.begin, 10, kLongestLife);
    CPPUNIT_ASSERT(is_live(slot));
    set(slot, kAnswers.begin, 10, kLongestLife + 1);
    CPPUNIT_ASSERT(!is_live(slot));
  }

  void has_no_room_for_what_is_larger_than_its_space() {
    for (const Space& space : {kRefusals, kAnswers}) {
      const std::size_t units = space.end - space.begin;
      CPPUNIT_ASSERT(!auth::bucket::room_for(index_, space, kTag, units + 1, kNow));
      CPPUNIT_ASSERT_EQUAL(space.begin, room_for(units, space).place);
    }
  }

  void evicts_nobody_while_there_is_room() {
    answer(0, 100);
    answer(1, 100);
    const Room room = room_for(kUnits - 200);
    CPPUNIT_ASSERT_EQUAL(kAnswers.begin + 200, room.place);
    CPPUNIT_ASSERT_EQUAL(kAnswers.first_slot + 2, room.slot);
    assert_evicts({}, room);
  }

  void evicts_what_ends_first() {
    const std::size_t units = kUnits / 10;
    for (std::size_t n = 0; n < 10; ++n) answer(n, units, n == 6 ? 20 : 30);
    const Room room = room_for(units);
    assert_evicts({6}, room);
    CPPUNIT_ASSERT_EQUAL(kAnswers.begin + 6 * units, room.place);
  }

  void evicts_no_more_than_it_needs() {
    const std::size_t units = kUnits / 10;
    for (std::size_t n = 0; n < 10; ++n) answer(n, units, n < 4 ? 20 : 30);
    assert_evicts({0}, room_for(units));
    assert_evicts({0, 1}, room_for(units + 1));
    assert_evicts({0, 1, 2, 3}, room_for(units * 4));
  }

  void evicts_for_a_large_entry_those_that_end_first_in_a_row() {
    const std::size_t units = kUnits / 10;
    for (std::size_t n = 0; n < 10; ++n) answer(n, units, 100);
    for (const std::size_t n : {1, 3, 6, 7}) answer(n, units, 20);
    assert_evicts({6, 7}, room_for(units * 2));
    assert_evicts({1}, room_for(units));
  }

  void evicts_what_ends_first_where_slots_are_short() {
    for (std::size_t n = 0; n < kAnswerSlots; ++n) answer(n, 10, n == 70 ? 20 : 30);
    const Room room = room_for(500);
    CPPUNIT_ASSERT_EQUAL(kAnswers.first_slot + 70, room.slot);
    CPPUNIT_ASSERT_EQUAL(kAnswers.begin + kAnswerSlots * 10, room.place);
    assert_evicts({70}, room);
  }

  void evicts_what_else_the_tag_has() {
    set(3, kRefusals.begin, 10, 30, kTag);
    answer(5, 10).tag = kTag;
    answer(7, 10).tag = kTag;
    const Room room = room_for(10);
    CPPUNIT_ASSERT_EQUAL(kAnswers.first_slot + 5, room.slot);
    CPPUNIT_ASSERT((std::vector<std::size_t>{3, kAnswers.first_slot + 7}) == room.evicted);
  }

  void finds_refusals_before_answers() {
    set(200, kAnswers.begin, 10, 30, kTag);
    set(60, kRefusals.begin, 10, 30, kTag);
    set(61, kRefusals.begin, 10, 30, kTag + 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{60}, auth::bucket::find(index_, kTag, 0, kNow));
    CPPUNIT_ASSERT_EQUAL(std::size_t{200}, auth::bucket::find(index_, kTag, 61, kNow));
    CPPUNIT_ASSERT_EQUAL(kSlots, auth::bucket::find(index_, kTag, 201, kNow));
    CPPUNIT_ASSERT_EQUAL(kSlots, auth::bucket::find(index_, kTag, 0, kNow + 30));
  }

  // Nothing that counts afterwards lies where the new entry will be written.
  void finds_room_within_the_space_whatever_the_index_holds() {
    std::mt19937 random(1);
    for (int round = 0; round < 3000; ++round) {
      for (std::size_t slot = 0; slot < kSlots; ++slot) {
        const auto place = static_cast<std::uint16_t>(random() % (1U << (round % 3 + 14)));
        const auto units = static_cast<std::uint16_t>(random() % (round % 2 == 0 ? 80 : 8000));
        const Seconds until = kNow + static_cast<Seconds>(random() % 100);
        index_[slot] = {static_cast<std::uint32_t>(random() % 500), kNow, until, place, units};
      }
      const Space& space = round % 5 == 0 ? kRefusals : kAnswers;
      const std::size_t units = 1 + random() % (space.end - space.begin);
      const Room room = *auth::bucket::room_for(index_, space, 7, units, kNow);
      CPPUNIT_ASSERT(room.slot >= space.first_slot && room.slot < space.end_slot);
      CPPUNIT_ASSERT(room.place >= space.begin && room.place + units <= space.end);
      for (const std::size_t slot : room.evicted) index_[slot] = {};
      for (std::size_t slot = 0; slot < kSlots; ++slot) {
        if (slot == room.slot || !is_live(slot)) continue;
        CPPUNIT_ASSERT(index_[slot].tag != 7);
        const std::size_t begin = index_[slot].place;
        const std::size_t end = begin + index_[slot].units;
        CPPUNIT_ASSERT(begin >= room.place + units || end <= room.place);
      }
    }
  }

  void knows_times_up_to_its_limits() {
    using auth::WallTime;
    using auth::bucket::seconds_of;
    constexpr auto kLast = std::numeric_limits<Seconds>::max();
    CPPUNIT_ASSERT_EQUAL(Seconds{0}, seconds_of(WallTime{}));
    CPPUNIT_ASSERT_EQUAL(Seconds{0}, seconds_of(WallTime::min()));
    CPPUNIT_ASSERT_EQUAL(kNow, seconds_of(WallTime{std::chrono::seconds(kNow)}));
    CPPUNIT_ASSERT_EQUAL(kLast, seconds_of(WallTime{std::chrono::seconds(kLast)}));
    CPPUNIT_ASSERT_EQUAL(kLast, seconds_of(WallTime::max()));
  }

  void takes_the_first_gap_that_is_large_enough() {
    set(kAnswers.first_slot + 9, kAnswers.begin, 100);
    set(kAnswers.first_slot + 2, kAnswers.begin + 110, 100);
    set(kAnswers.first_slot + 5, kAnswers.begin + 300, 100);
    CPPUNIT_ASSERT_EQUAL(kAnswers.begin + 100, room_for(10).place);
    CPPUNIT_ASSERT_EQUAL(kAnswers.begin + 210, room_for(11).place);
    CPPUNIT_ASSERT_EQUAL(kAnswers.begin + 210, room_for(90).place);
    CPPUNIT_ASSERT_EQUAL(kAnswers.begin + 400, room_for(91).place);
    CPPUNIT_ASSERT_EQUAL(kAnswers.first_slot, room_for(10).slot);
  }

  // Who reads it meanwhile finds it whole.
  void takes_the_slot_that_the_tag_has_but_not_its_place() {
    answer(0, 100).tag = kTag;
    answer(1, 100);
    const Room room = room_for(100);
    CPPUNIT_ASSERT_EQUAL(kAnswers.first_slot, room.slot);
    CPPUNIT_ASSERT_EQUAL(kAnswers.begin + 200, room.place);
    assert_evicts({}, room);
  }

  void fills_a_space_to_its_end() {
    constexpr std::size_t kSize = 70;
    for (std::size_t n = 0; n < kAnswerSlots; ++n) {
      const Room room = room_for(kSize);
      assert_evicts({}, room);
      CPPUNIT_ASSERT_EQUAL(kAnswers.first_slot + n, room.slot);
      CPPUNIT_ASSERT_EQUAL(kAnswers.begin + n * kSize, room.place);
      set(room.slot, room.place, kSize);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, room_for(kSize).evicted.size());
  }

  Index index_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(BucketIndexTest);

}  // namespace
