// SPDX-License-Identifier: Apache-2.0
#include "auth/waiting_room.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/support/token_keys.h"

namespace {

using auth::Asker;
using auth::Question;
using auth::Reason;
using auth::SecretView;
using auth::Standing;
using auth::SteadyTime;
using auth::Waiter;
using auth::WaitingRoom;
using std::chrono::seconds;
using support::key_of;

// Waiters are told apart by their arrival.
class WaitingRoomTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WaitingRoomTest);
  CPPUNIT_TEST(takes_no_more_than_may_wait);
  CPPUNIT_TEST(leaves_the_waiter_with_whom_it_turns_away);
  CPPUNIT_TEST(landing_makes_room_again);
  CPPUNIT_TEST(landing_twice_gives_nobody_twice);
  CPPUNIT_TEST(begins_nothing_that_is_open_already);
  CPPUNIT_TEST(begins_nothing_beyond_the_bound);
  CPPUNIT_TEST(only_the_first_of_a_token_leads);
  CPPUNIT_TEST(who_joins_a_question_of_nobodys_lands_with_it);
  CPPUNIT_TEST(lands_waiters_in_the_order_they_came);
  CPPUNIT_TEST(who_arrived_late_waits_for_the_next_question);
  CPPUNIT_TEST(a_question_that_landed_is_another_than_the_next);
  CPPUNIT_TEST(a_question_that_landed_is_not_asked_again);
  CPPUNIT_TEST(nobody_is_sent_for_whom_nobody_waits);
  CPPUNIT_TEST(a_background_question_is_wanted_by_itself);
  CPPUNIT_TEST(a_witness_is_asked_about_though_its_callers_have_gone);
  CPPUNIT_TEST(no_refresh_takes_the_place_of_a_witness);
  CPPUNIT_TEST(who_gives_a_place_up_is_called_once);
  CPPUNIT_TEST(a_question_of_who_gave_up_is_not_sent);
  CPPUNIT_TEST(who_gives_up_leaves_the_others_of_the_question);
  CPPUNIT_TEST(who_waits_for_the_next_question_can_give_up);
  CPPUNIT_TEST(a_question_of_nobodys_is_sent_for_who_waits);
  CPPUNIT_TEST(many_threads_that_give_up_lose_nobody);
  CPPUNIT_TEST(stopped_it_gives_all_and_takes_none);
  CPPUNIT_TEST(many_threads_lose_nobody);
  CPPUNIT_TEST_SUITE_END();

  static Waiter waiter(int arrived = 0) {
    return {nullptr, [](const auto&) {}, {}, SteadyTime(seconds(arrived))};
  }
  static WaitingRoom::Joined join(WaitingRoom& room, const std::string& token, int arrived = 0) {
    Waiter waits = waiter(arrived);
    return room.join(key_of(token), SecretView(token), nullptr, waits);
  }
  static WaitingRoom::Open begin(WaitingRoom& room, const std::string& token,
                                 Question::Purpose purpose = Question::Purpose::kRefresh) {
    return room.begin(key_of(token), SecretView(token), purpose, nullptr, auth::SteadyTime{});
  }
  static std::vector<int> arrivals(const WaitingRoom::Waiters& waiters) {
    std::vector<int> arrivals;
    for (const Waiter& each : waiters) {
      arrivals.push_back(static_cast<int>(each.arrived.time_since_epoch() / seconds(1)));
    }
    return arrivals;
  }

  void takes_no_more_than_may_wait() {
    WaitingRoom room({3, 10});
    CPPUNIT_ASSERT(join(room, "a").leads);
    const WaitingRoom::Joined follows = join(room, "a");
    CPPUNIT_ASSERT(follows.question != nullptr && !follows.leads);
    CPPUNIT_ASSERT(join(room, "b").leads);
    for (const char* token : {"a", "c"}) {
      const WaitingRoom::Joined refused = join(room, token);
      CPPUNIT_ASSERT(refused.question == nullptr && refused.refused == Reason::kTooManyWaiting);
    }
  }

  // Also one that nobody waits for, and when another one about the token is open.
  void a_question_that_landed_is_not_asked_again() {
    WaitingRoom room({3, 10});
    const WaitingRoom::Open refresh = begin(room, "a");
    const WaitingRoom::Open witness = begin(room, "b", Question::Purpose::kWitness);
    for (const WaitingRoom::Open& each : {refresh, witness}) {
      CPPUNIT_ASSERT(room.land(*each).empty());
      CPPUNIT_ASSERT(!room.line_up(*each, SteadyTime()));
    }
    const WaitingRoom::Open next = begin(room, "a");
    CPPUNIT_ASSERT(!room.line_up(*refresh, SteadyTime()));
    CPPUNIT_ASSERT(room.line_up(*next, SteadyTime()));
    CPPUNIT_ASSERT(room.next(1) == next);
    CPPUNIT_ASSERT(room.next(2) == nullptr);
  }

  void a_witness_is_asked_about_though_its_callers_have_gone() {
    WaitingRoom room({3, 10});
    const WaitingRoom::Joined witness = join(room, "a");
    const WaitingRoom::Joined other = join(room, "b");
    CPPUNIT_ASSERT(begin(room, "a", Question::Purpose::kWitness) == nullptr);
    CPPUNIT_ASSERT(begin(room, "b", Question::Purpose::kRefresh) == nullptr);
    CPPUNIT_ASSERT(room.cancel(*witness.question, witness.id).has_value());
    CPPUNIT_ASSERT(room.cancel(*other.question, other.id).has_value());
    CPPUNIT_ASSERT(room.line_up(*witness.question, SteadyTime()));
    CPPUNIT_ASSERT(!room.line_up(*other.question, SteadyTime()));
  }

  void no_refresh_takes_the_place_of_a_witness() {
    WaitingRoom room({3, 1});
    CPPUNIT_ASSERT(begin(room, "a", Question::Purpose::kRefresh) != nullptr);
    CPPUNIT_ASSERT(begin(room, "b", Question::Purpose::kRefresh) == nullptr);
    CPPUNIT_ASSERT(begin(room, "b", Question::Purpose::kWitness) != nullptr);
  }

  // The room itself calls nobody.
  void tell(const WaitingRoom::Joined& joined) {
    const std::size_t before = told_.size();
    for (const Waiter& each : joined.gives_way) each.done(Reason::kTooManyFromClient);
    CPPUNIT_ASSERT_EQUAL(before + joined.gives_way.size(), told_.size());
  }
  // Who gives way goes to the end of told_.
  WaitingRoom::Joined join_for(WaitingRoom& room, const std::string& address,
                               const std::string& token, int arrived = 0) {
    Waiter waits = waiter(arrived);
    waits.asker.client = Asker::client_of(address);
    waits.done = [this, token](const auto&) { told_.push_back(token); };
    auto joined = room.join(key_of(token), SecretView(token), nullptr, waits);
    tell(joined);
    return joined;
  }

  void who_gives_a_place_up_is_called_once() {
    WaitingRoom room({4, 10});
    const auto first = join_for(room, "192.0.2.1", "a");
    const auto second = join_for(room, "192.0.2.1", "b");
    CPPUNIT_ASSERT(join_for(room, "192.0.2.2", "c").leads);
    CPPUNIT_ASSERT(told_.empty());
    CPPUNIT_ASSERT(join_for(room, "192.0.2.3", "d").leads);
    CPPUNIT_ASSERT(told_ == std::vector<std::string>{"b"});
    CPPUNIT_ASSERT(!room.cancel(*second.question, second.id));
    CPPUNIT_ASSERT(room.land(*second.question).empty());
    CPPUNIT_ASSERT(join_for(room, "192.0.2.4", "e").refused == Reason::kTooManyWaiting);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, room.land(*first.question).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, room.stop().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, told_.size());
  }

  void a_question_of_who_gave_up_is_not_sent() {
    WaitingRoom room({4, 10});
    for (const char* token : {"a", "b"}) {
      CPPUNIT_ASSERT(room.line_up(*join_for(room, "192.0.2.1", token).question, SteadyTime()));
    }
    CPPUNIT_ASSERT(join_for(room, "192.0.2.2", "c").leads);
    // About the token whose question is given up.
    const auto again = join_for(room, "192.0.2.3", "b");
    CPPUNIT_ASSERT(again.leads && told_ == std::vector<std::string>{"b"});
    const auto sent = room.next(10);
    CPPUNIT_ASSERT_EQUAL(std::string("a"), std::string(sent->token.reveal()));
    CPPUNIT_ASSERT(room.next(10) == nullptr);
    CPPUNIT_ASSERT(room.line_up(*again.question, SteadyTime()));
    CPPUNIT_ASSERT(room.next(10) == again.question);
  }

  void who_gives_up_leaves_the_others_of_the_question() {
    WaitingRoom room({4, 10});
    const auto question = join_for(room, "192.0.2.1", "a", 1).question;
    for (int arrived : {2, 3}) {
      join_for(room, arrived == 2 ? "192.0.2.2" : "192.0.2.1", "a", arrived);
    }
    CPPUNIT_ASSERT(join_for(room, "192.0.2.3", "a", 4).question == question);
    CPPUNIT_ASSERT((arrivals(room.land(*question)) == std::vector<int>{1, 2, 4}));
  }

  void who_waits_for_the_next_question_can_give_up() {
    WaitingRoom room({4, 10});
    auto question = join_for(room, "192.0.2.9", "a", 1).question;
    join_for(room, "192.0.2.9", "a", 3);
    WaitingRoom::Open again;
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         room.land_until(*question, SteadyTime(seconds(2)), again).size());
    question.reset();
    for (const char* token : {"b", "c"}) join_for(room, "192.0.2.1", token);
    CPPUNIT_ASSERT(join_for(room, "192.0.2.2", "d").leads);
    // The newest of whoever holds most, so that nobody holds more than another.
    CPPUNIT_ASSERT(told_ == std::vector<std::string>{"c"});
    for (const char* token : {"k", "l"}) {
      Waiter known = waiter();
      known.asker.standing = Standing::kKnown;
      const auto joined = room.join(key_of(token), SecretView(token), nullptr, known);
      CPPUNIT_ASSERT(joined.leads);
      tell(joined);
    }
    CPPUNIT_ASSERT((told_ == std::vector<std::string>{"c", "a"}));
    CPPUNIT_ASSERT(room.land(*again).empty());
  }

  void a_question_of_nobodys_is_sent_for_who_waits() {
    WaitingRoom room({10, 10});
    std::vector<WaitingRoom::Open> refreshes;
    for (const char* token : {"a", "b", "c"}) {
      refreshes.push_back(begin(room, token));
      CPPUNIT_ASSERT(room.line_up(*refreshes.back(), SteadyTime()));
    }
    CPPUNIT_ASSERT(join_for(room, "192.0.2.1", "c").question == refreshes[2]);
    for (const std::size_t each : {0U, 2U, 1U}) CPPUNIT_ASSERT(room.next(10) == refreshes[each]);
  }

  void many_threads_that_give_up_lose_nobody() {
    constexpr int kThreads = 4;
    constexpr int kRounds = 2000;
    WaitingRoom room({8, 10});
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int round = 0; round < kRounds; ++round) {
          // One thread's client waits for much, the others' for little.
          const std::string token = std::to_string(thread == 0 ? round : round % 3);
          Waiter waits{nullptr, [&](const auto&) { ++ended; }, {}, SteadyTime()};
          waits.asker.client = Asker::client_of("192.0.2." + std::to_string(thread));
          const auto joined = room.join(key_of(token), SecretView(token), nullptr, waits);
          if (joined.question == nullptr) ++ended;
          for (const Waiter& each : joined.gives_way) each.done(Reason::kTooManyFromClient);
          if (joined.leads && round % 4 == 0)
            ended += static_cast<int>(room.land(*joined.question).size());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    ended += static_cast<int>(room.stop().size());
    CPPUNIT_ASSERT_EQUAL(kThreads * kRounds, ended.load());
  }

  std::vector<std::string> told_{};

  void leaves_the_waiter_with_whom_it_turns_away() {
    WaitingRoom room({0, 0});
    Waiter waits = waiter();
    CPPUNIT_ASSERT(room.join(key_of("a"), SecretView("a"), nullptr, waits).question == nullptr);
    CPPUNIT_ASSERT(waits.done != nullptr);
  }

  void landing_makes_room_again() {
    WaitingRoom room({2, 10});
    const auto question = join(room, "a").question;
    CPPUNIT_ASSERT(!join(room, "a").leads);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, room.land(*question).size());
    CPPUNIT_ASSERT(join(room, "a").leads && join(room, "b").leads);
    CPPUNIT_ASSERT(join(room, "c").question == nullptr);
  }

  void landing_twice_gives_nobody_twice() {
    WaitingRoom room({2, 10});
    const auto question = join(room, "a").question;
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, room.land(*question).size());
    CPPUNIT_ASSERT(room.land(*question).empty());
  }

  void begins_nothing_that_is_open_already() {
    WaitingRoom room({10, 10});
    CPPUNIT_ASSERT(join(room, "a").leads);
    CPPUNIT_ASSERT(begin(room, "a") == nullptr);
    CPPUNIT_ASSERT(begin(room, "b") != nullptr);
    CPPUNIT_ASSERT(begin(room, "b") == nullptr);
  }

  // Of questions that somebody waits for there may be any number.
  void begins_nothing_beyond_the_bound() {
    WaitingRoom room({10, 2});
    for (const char* token : {"a", "b", "c"}) CPPUNIT_ASSERT(join(room, token).leads);
    const auto first = begin(room, "d");
    CPPUNIT_ASSERT(first != nullptr && begin(room, "e") != nullptr);
    CPPUNIT_ASSERT(begin(room, "f") == nullptr);
    CPPUNIT_ASSERT(room.land(*first).empty());
    CPPUNIT_ASSERT(begin(room, "f") != nullptr);
  }

  void only_the_first_of_a_token_leads() {
    WaitingRoom room({10, 10});
    for (const char* token : {"a", "A", "a ", ""}) CPPUNIT_ASSERT(join(room, token).leads);
    CPPUNIT_ASSERT(!join(room, "a").leads);
  }

  void who_joins_a_question_of_nobodys_lands_with_it() {
    WaitingRoom room({10, 10});
    const auto question = begin(room, "a");
    const WaitingRoom::Joined joined = join(room, "a");
    CPPUNIT_ASSERT(!joined.leads && joined.question == question);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, room.land(*question).size());
  }

  void lands_waiters_in_the_order_they_came() {
    WaitingRoom room({10, 10});
    const auto question = join(room, "a", 0).question;
    for (int i = 1; i < 5; ++i) static_cast<void>(join(room, "a", i));
    CPPUNIT_ASSERT((arrivals(room.land(*question)) == std::vector<int>{0, 1, 2, 3, 4}));
  }

  void who_arrived_late_waits_for_the_next_question() {
    WaitingRoom room({6, 10});
    const auto question = join(room, "a", 0).question;
    for (int i = 1; i < 5; ++i) static_cast<void>(join(room, "a", i));
    WaitingRoom::Open again;
    const auto landed = room.land_until(*question, SteadyTime(seconds(2)), again);
    CPPUNIT_ASSERT((arrivals(landed) == std::vector<int>{0, 1, 2}));
    CPPUNIT_ASSERT(again != nullptr && again != question);
    CPPUNIT_ASSERT_EQUAL(std::string("a"), std::string(again->token.reveal()));
    // They keep their places, and who comes now waits with them.
    CPPUNIT_ASSERT(join(room, "a", 5).question == again);
    CPPUNIT_ASSERT(join(room, "b").leads && join(room, "c").leads);
    CPPUNIT_ASSERT(join(room, "d").question == nullptr);
    WaitingRoom::Open none;
    CPPUNIT_ASSERT((arrivals(room.land_until(*again, SteadyTime(seconds(9)), none)) ==
                    std::vector<int>{3, 4, 5}));
    CPPUNIT_ASSERT(none == nullptr);
  }

  void a_question_that_landed_is_another_than_the_next() {
    WaitingRoom room({10, 10});
    const auto first = join(room, "a").question;
    static_cast<void>(room.land(*first));
    const auto next = join(room, "a").question;
    CPPUNIT_ASSERT(next != first);
    CPPUNIT_ASSERT(room.land(*first).empty());
    CPPUNIT_ASSERT(!join(room, "a").leads);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, room.land(*next).size());
  }

  void nobody_is_sent_for_whom_nobody_waits() {
    WaitingRoom room({10, 10});
    const WaitingRoom::Joined before = join(room, "a");
    const WaitingRoom::Joined in_line = join(room, "b");
    CPPUNIT_ASSERT(room.cancel(*before.question, before.id).has_value());
    CPPUNIT_ASSERT(!room.line_up(*before.question, SteadyTime()));
    CPPUNIT_ASSERT(room.line_up(*in_line.question, SteadyTime()));
    CPPUNIT_ASSERT(room.cancel(*in_line.question, in_line.id).has_value());
    CPPUNIT_ASSERT(room.next(10) == nullptr);
    CPPUNIT_ASSERT(!room.cancel(*in_line.question, in_line.id));
    CPPUNIT_ASSERT(join(room, "a").leads && join(room, "b").leads);
  }

  void a_background_question_is_wanted_by_itself() {
    WaitingRoom room({10, 10});
    const auto question = begin(room, "a");
    const WaitingRoom::Joined joined = join(room, "a");
    CPPUNIT_ASSERT(room.cancel(*question, joined.id).has_value());
    CPPUNIT_ASSERT(room.line_up(*question, SteadyTime()));
    CPPUNIT_ASSERT(room.next(10) == question);
  }

  void stopped_it_gives_all_and_takes_none() {
    WaitingRoom room({10, 10});
    const auto waiting = join(room, "a").question;
    CPPUNIT_ASSERT(room.line_up(*waiting, SteadyTime()));
    static_cast<void>(join(room, "b"));
    static_cast<void>(join(room, "b"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, room.stop().size());
    CPPUNIT_ASSERT(join(room, "c").refused == Reason::kShuttingDown);
    CPPUNIT_ASSERT(begin(room, "d") == nullptr);
    CPPUNIT_ASSERT(room.next(10) == nullptr && room.land(*waiting).empty());
    CPPUNIT_ASSERT(!room.line_up(*waiting, SteadyTime()));
    CPPUNIT_ASSERT(room.stop().empty());
  }

  // Whoever leads lands, as the validator does: nobody is left over, and the count comes out even.
  void many_threads_lose_nobody() {
    constexpr int kThreads = 4;
    constexpr int kRounds = 2000;
    WaitingRoom room({kThreads * kRounds * 2, 10});
    std::atomic<int> landed{0};
    std::atomic<int> left{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const std::string token = std::to_string(round % 3);
          const WaitingRoom::Joined joined = join(room, token);
          if (round % 5 == 0 && room.cancel(*joined.question, joined.id)) ++left;
          if (joined.leads) landed += static_cast<int>(room.land(*joined.question).size());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(kThreads * kRounds, landed.load() + left.load());
    CPPUNIT_ASSERT(room.stop().empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WaitingRoomTest);

}  // namespace
