#include "auth/single_flight.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/support/token_keys.h"

namespace {

using Flights = auth::SingleFlight<std::unique_ptr<int>>;
using Joined = Flights::Joined;
using support::key_of;

class SingleFlightTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SingleFlightTest);
  CPPUNIT_TEST(takes_no_more_than_may_wait);
  CPPUNIT_TEST(leaves_the_waiter_with_whom_it_turns_away);
  CPPUNIT_TEST(landing_makes_room_again);
  CPPUNIT_TEST(landing_twice_gives_nobody_twice);
  CPPUNIT_TEST(leads_nothing_alone_that_is_asked_already);
  CPPUNIT_TEST(leads_nothing_alone_beyond_the_bound);
  CPPUNIT_TEST(only_the_first_of_a_token_leads);
  CPPUNIT_TEST(who_joins_a_lone_flight_lands_with_it);
  CPPUNIT_TEST(lands_waiters_in_the_order_they_came);
  CPPUNIT_TEST(many_threads_lose_nobody);
  CPPUNIT_TEST_SUITE_END();

  static Joined join(Flights& flights, const std::string& token, int who = 0) {
    auto waiter = std::make_unique<int>(who);
    return flights.join(key_of(token), waiter);
  }

  void takes_no_more_than_may_wait() {
    Flights flights(3);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kLeads);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kFollows);
    CPPUNIT_ASSERT(join(flights, "b") == Joined::kLeads);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kFull);
    CPPUNIT_ASSERT(join(flights, "c") == Joined::kFull);
    CPPUNIT_ASSERT(flights.land(key_of("c")).empty());
  }

  void leaves_the_waiter_with_whom_it_turns_away() {
    Flights flights(0);
    auto waiter = std::make_unique<int>(7);
    CPPUNIT_ASSERT(flights.join(key_of("a"), waiter) == Joined::kFull);
    CPPUNIT_ASSERT(waiter != nullptr);
    CPPUNIT_ASSERT_EQUAL(7, *waiter);
  }

  void landing_makes_room_again() {
    Flights flights(2);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kLeads);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kFollows);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, flights.land(key_of("a")).size());
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kLeads);
    CPPUNIT_ASSERT(join(flights, "b") == Joined::kLeads);
    CPPUNIT_ASSERT(join(flights, "c") == Joined::kFull);
  }

  void landing_twice_gives_nobody_twice() {
    Flights flights(2);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kLeads);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, flights.land(key_of("a")).size());
    CPPUNIT_ASSERT(flights.land(key_of("a")).empty());
    CPPUNIT_ASSERT(flights.land(key_of("never seen")).empty());
  }

  void leads_nothing_alone_that_is_asked_already() {
    Flights flights(10);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kLeads);
    CPPUNIT_ASSERT(!flights.lead_alone(key_of("a"), 100));
    CPPUNIT_ASSERT(flights.lead_alone(key_of("b"), 100));
    CPPUNIT_ASSERT(!flights.lead_alone(key_of("b"), 100));
  }

  void leads_nothing_alone_beyond_the_bound() {
    Flights flights(10);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kLeads);
    CPPUNIT_ASSERT(flights.lead_alone(key_of("b"), 2));
    CPPUNIT_ASSERT(!flights.lead_alone(key_of("c"), 2));
    CPPUNIT_ASSERT(flights.land(key_of("b")).empty());
    CPPUNIT_ASSERT(flights.lead_alone(key_of("c"), 2));
  }

  void only_the_first_of_a_token_leads() {
    Flights flights(10);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kLeads);
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kFollows);
    CPPUNIT_ASSERT(join(flights, "A") == Joined::kLeads);
    CPPUNIT_ASSERT(join(flights, "a ") == Joined::kLeads);
    CPPUNIT_ASSERT(join(flights, "") == Joined::kLeads);
  }

  void who_joins_a_lone_flight_lands_with_it() {
    Flights flights(10);
    CPPUNIT_ASSERT(flights.lead_alone(key_of("a"), 100));
    CPPUNIT_ASSERT(join(flights, "a") == Joined::kFollows);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, flights.land(key_of("a")).size());
  }

  void lands_waiters_in_the_order_they_came() {
    Flights flights(10);
    for (int i = 0; i < 5; ++i) static_cast<void>(join(flights, "a", i));
    const auto landed = flights.land(key_of("a"));
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_EQUAL(i, *landed[static_cast<std::size_t>(i)]);
  }

  // Whoever leads lands, as the validator does: nobody is left over, and the count comes out even.
  void many_threads_lose_nobody() {
    constexpr int kThreads = 4;
    constexpr int kRounds = 2000;
    Flights flights(kThreads * kRounds);
    std::atomic<int> landed{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const std::string token = std::to_string(round % 3);
          if (join(flights, token) == Joined::kLeads) {
            landed += static_cast<int>(flights.land(key_of(token)).size());
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(kThreads * kRounds, landed.load());
    for (int i = 0; i < kThreads * kRounds; ++i) {
      CPPUNIT_ASSERT(join(flights, "all") != Joined::kFull);
    }
    CPPUNIT_ASSERT(join(flights, "all") == Joined::kFull);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SingleFlightTest);

}  // namespace
