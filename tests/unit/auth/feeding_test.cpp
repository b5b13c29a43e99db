// SPDX-License-Identifier: Apache-2.0
// Processes that share a store, of which one asks for the events.
#include "auth/feeding.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/support/event_search.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/memory_store.h"

namespace {

using auth::Error;
using auth::HttpResponse;
using auth::Purges;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;

auth::Claims claims_of(std::string_view subject) {
  return auth::ClaimsBuilder().subject(subject).token_id("1").build();
}

// One process.
struct Process {
  Process(auth::SharedCache* shared, auth::HttpClient& http, const auth::Clock& clock,
          const std::string& token = "token", bool checks_jwts = false)
      : settings(settings_with(token)),
        feeding(settings, http, shared, purges, checks_jwts ? &denials : nullptr, clock) {}

  static auth::Settings settings_with(const std::string& token) {
    auth::Settings made;
    made.domain = "https://zitadel.example";
    made.events_token = auth::Secret(token);
    made.cache_ttl = seconds(300);
    made.project_id = "77";
    return made;
  }
  auth::Settings settings;
  Purges purges{"77", false};
  auth::Denials denials{"77", false};
  auth::Feeding feeding;
};

class FeedingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FeedingTest);
  CPPUNIT_TEST(one_process_asks_and_the_others_learn_of_it);
  CPPUNIT_TEST(a_process_that_starts_knows_what_the_others_know);
  CPPUNIT_TEST(another_takes_over_when_nothing_is_heard_and_goes_on);
  CPPUNIT_TEST(another_takes_over_at_once_where_one_ends);
  CPPUNIT_TEST(who_was_stopped_follows_when_it_goes_on);
  CPPUNIT_TEST(a_restart_goes_on_at_the_position);
  CPPUNIT_TEST(after_a_long_time_everything_has_ended);
  CPPUNIT_TEST(a_store_that_was_emptied_ends_nothing_here);
  CPPUNIT_TEST(without_a_store_each_asks_for_itself);
  CPPUNIT_TEST(who_learned_apart_is_believed_by_nobody);
  CPPUNIT_TEST(more_purges_than_a_part_are_shared);
  CPPUNIT_TEST(a_part_that_is_lost_ends_everything);
  CPPUNIT_TEST(a_failing_feed_is_told_once_and_its_return);
  CPPUNIT_TEST(a_feed_that_is_behind_again_and_again_is_told_once);
  CPPUNIT_TEST(is_complete_up_to_when_the_poll_was_sent);
  CPPUNIT_TEST(keeps_the_pause_that_zitadel_asks_for);
  CPPUNIT_TEST(who_has_a_good_token_relieves_who_has_none);
  CPPUNIT_TEST(nobody_relieves_whose_token_is_the_same);
  CPPUNIT_TEST(a_process_of_one_request_reads_what_others_left);
  CPPUNIT_TEST(what_comes_from_projections_ends_once_more);
  CPPUNIT_TEST(jwts_that_have_ended_are_known_to_all);
  CPPUNIT_TEST(jwts_that_have_ended_are_known_after_a_restart);
  CPPUNIT_TEST(jwts_that_have_ended_are_read_again_where_the_store_has_lost_them);
  CPPUNIT_TEST(jwts_that_have_ended_are_read_again_also_after_a_look);
  CPPUNIT_TEST(where_endings_are_lost_none_are_known);
  CPPUNIT_TEST(where_older_endings_are_lost_none_are_known);
  CPPUNIT_TEST(where_another_process_has_written_none_are_known);
  CPPUNIT_TEST(who_knew_all_keeps_it_where_more_is_lost);
  CPPUNIT_TEST(who_knows_nothing_yet_is_followed_by_nobody);
  CPPUNIT_TEST(who_knew_all_goes_on_from_there_when_it_takes_over);
  CPPUNIT_TEST(no_ending_is_told_that_is_not_in_the_store);
  CPPUNIT_TEST(half_of_the_past_replaces_nothing);
  CPPUNIT_TEST(a_process_of_one_request_asks_itself);
  CPPUNIT_TEST(a_process_of_one_request_asks_itself_where_endings_are_lost);
  CPPUNIT_TEST(a_process_of_one_request_does_not_ask_just_after_another_in_vain);
  CPPUNIT_TEST(what_this_api_has_lost_is_told_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    log_.emplace(auth::LogLevel::kInfo);
    open_store();
  }
  void tearDown() override {
    first_.reset();
    second_.reset();
    shared_.reset();
    log_.reset();
  }

 private:
  void open_store() {
    contents_ = std::make_shared<support::StoreContents>();
    shared_ = cache();
    first_.reset();
    second_.reset();
    first_ = process();
    second_ = process();
  }
  std::unique_ptr<auth::SharedCache> cache() {
    return std::make_unique<auth::SharedCache>(
        std::make_unique<support::MemoryStore>(contents_),
        *auth::Sealer::make(auth::SecretView("secret"), "context"),
        auth::SharedCache::Lifetimes{seconds(300), seconds(0), seconds(5)}, clock_);
  }
  std::unique_ptr<Process> process() {
    return std::make_unique<Process>(shared_.get(), search_, clock_);
  }

  void pass(milliseconds time) { clock_.advance(time); }
  static void turn(Process& process) { static_cast<void>(process.feeding.turn()); }
  void turn_both() {
    turn(*first_);
    turn(*second_);
  }
  // Both know the same, and the first one polls.
  void begin() {
    turn_both();
    pass(seconds(1));
    turn_both();
    assert_same();
  }
  // Locks a user, in ZITADEL's own time.
  void lock_user(const std::string& id) { search_.lock_user(id, at_ += 10); }

  void assert_same() {
    CPPUNIT_ASSERT(first_->purges.known().stamp == second_->purges.known().stamp);
  }
  static bool ended(Process& process, std::string_view subject, std::uint64_t asked) {
    return process.purges.ended(claims_of(subject), asked);
  }

  void one_process_asks_and_the_others_learn_of_it() {
    begin();
    const std::uint64_t asked = second_->purges.generation();
    const std::size_t before = search_.bodies().size();
    lock_user("alice");
    pass(seconds(1));
    turn_both();
    CPPUNIT_ASSERT(ended(*second_, "alice", asked));
    CPPUNIT_ASSERT(!ended(*second_, "bob", asked));
    assert_same();
    CPPUNIT_ASSERT_EQUAL(before + 2, search_.bodies().size());
    CPPUNIT_ASSERT(second_->purges.fed() == first_->purges.fed());
  }

  void a_process_that_starts_knows_what_the_others_know() {
    begin();
    const auto stamp = first_->purges.known().stamp;
    lock_user("alice");
    pass(seconds(1));
    turn(*first_);
    const auto third = process();
    turn(*third);
    CPPUNIT_ASSERT(third->purges.known().stamp == first_->purges.known().stamp);
    const auto asked = third->purges.generation_of(stamp);
    CPPUNIT_ASSERT(asked.has_value());
    CPPUNIT_ASSERT(ended(*third, "alice", *asked));
    CPPUNIT_ASSERT(!ended(*third, "bob", *asked));
  }

  void another_takes_over_when_nothing_is_heard_and_goes_on() {
    begin();
    const std::uint64_t asked = second_->purges.generation();
    lock_user("alice");
    pass(auth::kPollerSilence - milliseconds(1));
    turn(*second_);
    CPPUNIT_ASSERT(!ended(*second_, "alice", asked));
    pass(milliseconds(1));
    turn(*second_);
    CPPUNIT_ASSERT(ended(*second_, "alice", asked));
    CPPUNIT_ASSERT(!ended(*second_, "bob", asked));
  }

  void another_takes_over_at_once_where_one_ends() {
    first_->feeding.start();
    for (int i = 0; i < 200 && first_->purges.fed() == auth::SteadyTime(); ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    turn(*second_);
    const std::uint64_t asked = second_->purges.generation();
    lock_user("alice");
    turn(*second_);
    CPPUNIT_ASSERT(!ended(*second_, "alice", asked));
    first_->feeding.stop();
    turn(*second_);
    CPPUNIT_ASSERT(ended(*second_, "alice", asked));
    CPPUNIT_ASSERT(!ended(*second_, "bob", asked));
  }

  void who_was_stopped_follows_when_it_goes_on() {
    begin();
    const std::uint64_t asked = first_->purges.generation();
    pass(seconds(10));
    lock_user("alice");
    turn(*second_);
    const std::size_t polls = search_.bodies().size();
    turn(*first_);
    CPPUNIT_ASSERT_EQUAL(polls, search_.bodies().size());
    CPPUNIT_ASSERT(ended(*first_, "alice", asked));
    CPPUNIT_ASSERT(!ended(*first_, "bob", asked));
    assert_same();
  }

  void a_restart_goes_on_at_the_position() {
    begin();
    const auto stamp = first_->purges.known().stamp;
    lock_user("alice");
    pass(seconds(100));
    const auto third = process();
    turn(*third);
    const auto asked = third->purges.generation_of(stamp);
    CPPUNIT_ASSERT(asked.has_value());
    CPPUNIT_ASSERT(ended(*third, "alice", *asked));
    CPPUNIT_ASSERT(!ended(*third, "bob", *asked));
  }

  void after_a_long_time_everything_has_ended() {
    begin();
    const auto stamp = first_->purges.known().stamp;
    pass(seconds(301));
    const auto third = process();
    turn(*third);
    const auto asked = third->purges.generation_of(stamp);
    CPPUNIT_ASSERT(!asked || ended(*third, "bob", *asked));
  }

  void a_store_that_was_emptied_ends_nothing_here() {
    begin();
    const std::uint64_t asked = first_->purges.generation();
    contents_->clear();
    lock_user("alice");
    pass(seconds(1));
    turn_both();
    CPPUNIT_ASSERT(ended(*first_, "alice", asked));
    CPPUNIT_ASSERT(!ended(*first_, "bob", asked));
    assert_same();
  }

  void without_a_store_each_asks_for_itself() {
    Process alone(nullptr, search_, clock_);
    turn(alone);
    const std::uint64_t asked = alone.purges.generation();
    lock_user("alice");
    pass(seconds(1));
    turn(alone);
    CPPUNIT_ASSERT(ended(alone, "alice", asked));
    CPPUNIT_ASSERT(!ended(alone, "bob", asked));
    CPPUNIT_ASSERT(alone.purges.fed() == clock_.steady());
  }

  void who_learned_apart_is_believed_by_nobody() {
    begin();
    Process alone(nullptr, search_, clock_);
    turn(alone);
    for (int i = 0; i < 3; ++i) {
      lock_user(std::to_string(i));
      pass(seconds(1));
      turn(alone);
      turn_both();
      CPPUNIT_ASSERT(!first_->purges.generation_of(alone.purges.known().stamp));
      CPPUNIT_ASSERT(!alone.purges.generation_of(first_->purges.known().stamp));
    }
  }

  void more_purges_than_a_part_are_shared() {
    begin();
    const std::uint64_t asked = second_->purges.generation();
    for (int i = 0; i < 3000; ++i) {
      lock_user(std::to_string(i));
      if (i % 700 != 0) continue;
      pass(seconds(1));
      turn_both();
      assert_same();
    }
    pass(seconds(1));
    turn_both();
    assert_same();
    CPPUNIT_ASSERT(ended(*second_, "2999", asked));
    CPPUNIT_ASSERT(!ended(*second_, "bob", asked));
    const auto third = process();
    turn(*third);
    CPPUNIT_ASSERT(third->purges.known().stamp == first_->purges.known().stamp);
  }

  void a_part_that_is_lost_ends_everything() {
    begin();
    const std::uint64_t asked = second_->purges.generation();
    for (int i = 0; i < 600; ++i) lock_user(std::to_string(i));
    pass(seconds(1));
    turn(*first_);
    contents_->lose([](std::size_t size) { return size > 4000; });
    turn(*second_);
    assert_same();
    CPPUNIT_ASSERT(ended(*second_, "bob", asked));
    CPPUNIT_ASSERT(!ended(*second_, "bob", second_->purges.generation()));
  }

  void a_failing_feed_is_told_once_and_its_return() {
    begin();
    for (int i = 0; i < 10; ++i) {
      search_.fail_next(Error{Reason::kUnreachable});
      pass(seconds(1));
      turn(*first_);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "events cannot be had"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "is behind"));
    for (int i = 0; i < 60; ++i) {
      pass(seconds(1));
      turn(*first_);
      const std::size_t told = i < 29 ? 0 : 1;
      CPPUNIT_ASSERT_EQUAL(told, support::lines_with(log_->text(), "events is back"));
    }
  }

  // Where there is news, it asks twice.
  void a_feed_that_is_behind_again_and_again_is_told_once() {
    begin();
    pass(seconds(1));
    search_.answer_after([&] { pass(milliseconds(1500)); });
    for (int i = 0; i < 60; ++i) {
      if (i % 2 == 0) lock_user(std::to_string(i));
      turn(*first_);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "is behind"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, support::lines_with(log_->text(), "events is back"));
  }

  void is_complete_up_to_when_the_poll_was_sent() {
    begin();
    const auto fed = first_->purges.fed();
    search_.fail_next(HttpResponse{500, ""});
    pass(seconds(1));
    turn_both();
    CPPUNIT_ASSERT(first_->purges.fed() == fed);
    CPPUNIT_ASSERT(second_->purges.fed() == fed);
    pass(seconds(1));
    turn_both();
    CPPUNIT_ASSERT(first_->purges.fed() == clock_.steady());
    CPPUNIT_ASSERT(second_->purges.fed() == clock_.steady());
  }

  void keeps_the_pause_that_zitadel_asks_for() {
    begin();
    HttpResponse busy{429, ""};
    busy.retry_after = seconds(7);
    search_.fail_next(busy);
    pass(seconds(1));
    turn(*first_);
    const std::size_t polls = search_.bodies().size();
    for (int i = 0; i < 6; ++i) {
      pass(seconds(1));
      turn_both();
      CPPUNIT_ASSERT_EQUAL(polls, search_.bodies().size());
    }
    pass(seconds(1));
    turn_both();
    CPPUNIT_ASSERT_EQUAL(polls + 1, search_.bodies().size());
  }

  void who_has_a_good_token_relieves_who_has_none() {
    begin();
    search_.refuse("Bearer token");
    Process other(shared_.get(), search_, clock_, "another");
    const std::uint64_t asked = second_->purges.generation();
    for (int i = 0; i < 20; ++i) {
      pass(seconds(1));
      turn_both();
      turn(other);
    }
    lock_user("alice");
    pass(seconds(1));
    turn_both();
    turn(other);
    turn_both();
    CPPUNIT_ASSERT(ended(*second_, "alice", asked));
    CPPUNIT_ASSERT(!ended(*second_, "bob", asked));
    CPPUNIT_ASSERT(second_->purges.fed() == clock_.steady());
    assert_same();
  }

  void nobody_relieves_whose_token_is_the_same() {
    begin();
    search_.refuse("Bearer token");
    const std::size_t before = search_.bodies().size();
    for (int i = 0; i < 60; ++i) {
      pass(seconds(1));
      turn_both();
    }
    // By one process, after pauses.
    CPPUNIT_ASSERT(search_.bodies().size() - before <= 12);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "events cannot be had"));
  }

  void a_process_of_one_request_reads_what_others_left() {
    CPPUNIT_ASSERT(!process()->feeding.look());
    begin();
    const auto stamp = first_->purges.known().stamp;
    lock_user("alice");
    pass(seconds(1));
    turn(*first_);
    const std::size_t polls = search_.bodies().size();
    const auto cgi = process();
    CPPUNIT_ASSERT(cgi->feeding.look());
    CPPUNIT_ASSERT_EQUAL(polls, search_.bodies().size());
    CPPUNIT_ASSERT(ended(*cgi, "alice", *cgi->purges.generation_of(stamp)));
    CPPUNIT_ASSERT(cgi->purges.fed() == clock_.steady());
  }

  void what_comes_from_projections_ends_once_more() {
    begin();
    lock_user("alice");
    search_.write("oidc_session.access_token.revoked", "V2_1", at_ += 10);
    pass(seconds(1));
    turn_both();
    const std::uint64_t asked = second_->purges.generation();
    for (int i = 1; i < 3; ++i) {
      pass(seconds(1));
      turn_both();
    }
    CPPUNIT_ASSERT(!ended(*second_, "alice", asked));
    pass(seconds(1));
    turn_both();
    CPPUNIT_ASSERT(ended(*second_, "alice", asked));
    CPPUNIT_ASSERT(!ended(*second_, "bob", asked));
    const std::uint64_t asked_later = second_->purges.generation();
    for (int i = 0; i < 9; ++i) {
      pass(seconds(1));
      turn_both();
    }
    CPPUNIT_ASSERT(!ended(*second_, "alice", asked_later));
  }

  std::unique_ptr<Process> jwt_process() {
    return std::make_unique<Process>(shared_.get(), search_, clock_, "token", true);
  }
  // By ZITADEL's time, in milliseconds since the epoch of EventSearch.
  static bool denied(Process& process, std::string_view subject, long issued) {
    const auto time = auth::WallTime(seconds(1'700'000'000 + issued / 1000));
    return process.denials.ended(claims_of(subject), time);
  }
  void assert_denials(Process& process) {
    CPPUNIT_ASSERT(denied(process, "alice", 5000));
    CPPUNIT_ASSERT(!denied(process, "alice", 6000));
    CPPUNIT_ASSERT(!denied(process, "bob", 5000));
  }
  // Alice was locked before it began, in the sixth second.
  std::unique_ptr<Process> begin_with_alice_locked() {
    search_.lock_user("alice", 5500);
    search_.set_date(9000);
    auto process = jwt_process();
    turn(*process);
    assert_denials(*process);
    return process;
  }

  void jwts_that_have_ended_are_known_to_all() {
    const auto poller = begin_with_alice_locked();
    const auto other = jwt_process();
    turn(*other);
    assert_denials(*other);
    search_.lock_user("carol", 9500);
    pass(seconds(1));
    turn(*poller);
    turn(*other);
    CPPUNIT_ASSERT(denied(*other, "carol", 9000));
    CPPUNIT_ASSERT(!denied(*other, "carol", 10'000));
    CPPUNIT_ASSERT(other->denials.stamp() == poller->denials.stamp());
  }

  void jwts_that_have_ended_are_known_after_a_restart() {
    begin_with_alice_locked();
    pass(auth::kLongestJwt - seconds(1));
    search_.lock_user("carol", 9500);
    const auto later = jwt_process();
    turn(*later);
    assert_denials(*later);
    CPPUNIT_ASSERT(denied(*later, "carol", 9000));
    CPPUNIT_ASSERT(!denied(*later, "bob", 9000));
  }

  void jwts_that_have_ended_are_read_again_where_the_store_has_lost_them() {
    begin_and_lose_parts();
    const auto later = jwt_process();
    turn(*later);
    assert_denials(*later);
  }

  // The head stays.
  static bool is_part(std::size_t size) { return size < 140; }
  void lose_parts() { contents_->lose(is_part); }
  // Alice was locked, nobody asks any more, and the store has lost that.
  void begin_and_lose_parts() {
    begin_with_alice_locked();
    pass(auth::kPollerSilence);
    lose_parts();
  }

  static bool knows(const Process& process) { return process.purges.fed() != auth::SteadyTime(); }

  // Each program looks first, before its feed begins.
  void jwts_that_have_ended_are_read_again_also_after_a_look() {
    begin_and_lose_parts();
    const auto later = jwt_process();
    CPPUNIT_ASSERT(!later->feeding.look());
    CPPUNIT_ASSERT(!knows(*later));
    turn(*later);
    CPPUNIT_ASSERT(knows(*later));
    assert_denials(*later);
  }

  // Until the process that asks has seen that something is missing, and has written it again.
  void assert_known_only_after(Process& poller, int beats) {
    const std::size_t asked = search_.bodies().size();
    const auto other = jwt_process();
    for (int i = 0; i < 3; ++i) {
      turn(*other);
      CPPUNIT_ASSERT(!knows(*other));
    }
    for (int i = 0; i < beats; ++i) {
      pass(auth::kPollerBeat);
      turn(poller);
    }
    turn(*other);
    CPPUNIT_ASSERT(knows(*other));
    assert_denials(*other);
    CPPUNIT_ASSERT(other->denials.stamp() == poller.denials.stamp());
    CPPUNIT_ASSERT(search_.bodies().size() - asked <= 2);
  }

  void where_endings_are_lost_none_are_known() {
    const auto poller = begin_with_alice_locked();
    lose_parts();
    assert_known_only_after(*poller, 1);
  }

  // The first of two parts: what it held is not much older than the rest.
  void where_older_endings_are_lost_none_are_known() {
    for (int i = 0; i < 600; ++i) search_.lock_user(std::to_string(i), 5600 + i);
    const auto poller = begin_with_alice_locked();
    contents_->lose([](std::size_t size) { return size > 4000; });
    assert_known_only_after(*poller, 2);
  }

  void where_another_process_has_written_none_are_known() {
    const auto poller = begin_with_alice_locked();
    support::StoreContents before;
    contents_->copy_to(before);
    search_.lock_user("carol", 9500);
    pass(seconds(1));
    turn(*poller);
    contents_->put_back(before, is_part);
    assert_known_only_after(*poller, 1);
  }

  // What is known stays, and counts for as long as without a feed.
  void who_knew_all_keeps_it_where_more_is_lost() {
    const auto poller = begin_with_alice_locked();
    const auto other = jwt_process();
    turn(*other);
    const auto fed = other->purges.fed();
    search_.lock_user("carol", 9500);
    pass(seconds(1));
    turn(*poller);
    lose_parts();
    turn(*other);
    assert_denials(*other);
    CPPUNIT_ASSERT(!denied(*other, "carol", 9000));
    CPPUNIT_ASSERT(other->purges.fed() == fed);
    pass(auth::kPollerBeat);
    turn(*poller);
    turn(*other);
    CPPUNIT_ASSERT(denied(*other, "carol", 9000));
    CPPUNIT_ASSERT(other->purges.fed() > fed);
  }

  // The newcomer, in a store that was emptied, takes the lead and cannot read the events yet.
  void fail_to_begin(Process& newcomer, Process& other) {
    search_.fail_next(HttpResponse{500, ""});
    pass(seconds(1));
    turn(newcomer);
    turn(other);
  }

  void who_knows_nothing_yet_is_followed_by_nobody() {
    const auto first = begin_with_alice_locked();
    const auto fed = first->purges.fed();
    contents_->clear();
    const auto other = jwt_process();
    for (int i = 0; i < 3; ++i) {
      fail_to_begin(*other, *first);
      assert_denials(*first);
      CPPUNIT_ASSERT(first->purges.fed() == fed);
    }
    pass(seconds(1));
    turn(*other);
    turn(*first);
    assert_denials(*first);
    CPPUNIT_ASSERT(first->denials.stamp() == other->denials.stamp());
    CPPUNIT_ASSERT(first->purges.fed() > fed);
  }

  void who_knew_all_goes_on_from_there_when_it_takes_over() {
    const auto first = begin_with_alice_locked();
    const auto stamp = first->denials.stamp();
    contents_->clear();
    const auto other = jwt_process();
    fail_to_begin(*other, *first);
    pass(auth::kPollerSilence);
    turn(*first);
    CPPUNIT_ASSERT(first->purges.fed() == clock_.steady());
    CPPUNIT_ASSERT(first->denials.leads_on_from(stamp));
    assert_denials(*first);
    turn(*other);
    CPPUNIT_ASSERT(knows(*other));
    assert_denials(*other);
  }

  void no_ending_is_told_that_is_not_in_the_store() {
    const auto poller = begin_with_alice_locked();
    const auto other = jwt_process();
    turn(*other);
    const auto stamp = other->denials.stamp();
    contents_->refuse(is_part);
    search_.lock_user("carol", 9500);
    pass(seconds(1));
    turn(*poller);
    turn(*other);
    CPPUNIT_ASSERT(contents_->refused() > 0);
    CPPUNIT_ASSERT(denied(*poller, "carol", 9000));
    CPPUNIT_ASSERT(other->denials.stamp() == stamp);
    contents_->refuse({});
    pass(auth::kPollerBeat);
    turn(*poller);
    turn(*other);
    CPPUNIT_ASSERT(denied(*other, "carol", 9000));
    assert_denials(*other);
  }

  // The events were complete a moment ago, for others.
  void half_of_the_past_replaces_nothing() {
    begin_with_alice_locked();
    search_.lock_user("bert", 6500);
    search_.lock_user("carol", 7500);
    pass(auth::kPollerSilence);
    lose_parts();
    search_.cap_pages(2);
    const auto later = jwt_process();
    search_.answer_next(2);
    search_.fail_next(HttpResponse{500, ""});
    turn(*later);
    CPPUNIT_ASSERT(!knows(*later));
    const auto next = jwt_process();
    CPPUNIT_ASSERT(!next->feeding.look());
    CPPUNIT_ASSERT(!knows(*next));
    pass(seconds(1));
    turn(*later);
    CPPUNIT_ASSERT(knows(*later));
    CPPUNIT_ASSERT(denied(*later, "carol", 7000));
    assert_denials(*later);
  }

  void a_process_of_one_request_asks_itself_where_endings_are_lost() {
    begin_and_lose_parts();
    const auto cgi = jwt_process();
    CPPUNIT_ASSERT(!cgi->feeding.look());
    cgi->feeding.ask();
    CPPUNIT_ASSERT(knows(*cgi));
    assert_denials(*cgi);
    const auto next = jwt_process();
    CPPUNIT_ASSERT(next->feeding.look());
    assert_denials(*next);
  }

  void a_process_of_one_request_asks_itself() {
    search_.lock_user("alice", 5500);
    search_.set_date(9000);
    const auto cgi = jwt_process();
    CPPUNIT_ASSERT(!cgi->feeding.look());
    cgi->feeding.ask();
    assert_denials(*cgi);
    const std::size_t asked = search_.bodies().size();
    const auto next = jwt_process();
    CPPUNIT_ASSERT(next->feeding.look());
    assert_denials(*next);
    CPPUNIT_ASSERT_EQUAL(asked, search_.bodies().size());
    CPPUNIT_ASSERT(next->purges.fed() == clock_.steady());
  }

  void a_process_of_one_request_does_not_ask_just_after_another_in_vain() {
    search_.fail_next(auth::HttpResponse{403, ""});
    const auto first = jwt_process();
    CPPUNIT_ASSERT(!first->feeding.look());
    first->feeding.ask();
    const std::size_t asked = search_.bodies().size();
    CPPUNIT_ASSERT(asked > 0);
    const auto next = jwt_process();
    CPPUNIT_ASSERT(!next->feeding.look());
    next->feeding.ask();
    CPPUNIT_ASSERT_EQUAL(asked, search_.bodies().size());
    pass(seconds(11));
    const auto later = jwt_process();
    CPPUNIT_ASSERT(!later->feeding.look());
    later->feeding.ask();
    CPPUNIT_ASSERT(search_.bodies().size() > asked);
  }

  void what_this_api_has_lost_is_told_once() {
    begin();
    search_.write("project.deactivated", "78", at_ += 10);
    search_.write("project.deactivated", "77", at_ += 10);
    for (int i = 0; i < 3; ++i) {
      pass(seconds(1));
      turn_both();
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "was deactivated"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "project 77"));
  }

  std::optional<support::LogCapture> log_{};
  std::shared_ptr<support::StoreContents> contents_{};
  support::ManualClock clock_{};
  support::EventSearch search_{};
  std::unique_ptr<auth::SharedCache> shared_{};
  std::unique_ptr<Process> first_{};
  std::unique_ptr<Process> second_{};
  long at_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(FeedingTest);

}  // namespace
