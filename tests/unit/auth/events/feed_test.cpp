// SPDX-License-Identifier: Apache-2.0
#include "auth/events/feed.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "tests/unit/support/event_search.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::Ends;
using auth::Error;
using auth::Feed;
using auth::HttpResponse;
using auth::Reason;
using auth::Scope;
using auth::scope_of;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FeedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FeedTest);
  CPPUNIT_TEST(a_failed_poll_is_not_complete);
  CPPUNIT_TEST(what_a_failed_poll_has_found_counts);
  CPPUNIT_TEST(without_a_position_everything_ends_once);
  CPPUNIT_TEST(an_instance_without_events_is_no_failure);
  CPPUNIT_TEST(finds_an_event_once);
  CPPUNIT_TEST(finds_events_of_the_same_time);
  CPPUNIT_TEST(finds_what_becomes_visible_late);
  CPPUNIT_TEST(finds_what_becomes_visible_while_a_poll_reads_for_long);
  CPPUNIT_TEST(finds_more_than_a_page);
  CPPUNIT_TEST(a_poll_ends_where_something_happens_all_the_time);
  CPPUNIT_TEST(pages_that_the_server_makes_smaller_are_all_read);
  CPPUNIT_TEST(a_transaction_larger_than_a_page_ends_everything);
  CPPUNIT_TEST(a_transaction_larger_than_a_page_ends_everything_once);
  CPPUNIT_TEST(a_page_made_small_by_failures_ends_nothing_more);
  CPPUNIT_TEST(after_many_failures_much_is_read_in_few_pages);
  CPPUNIT_TEST(a_page_that_is_too_large_is_asked_for_in_halves);
  CPPUNIT_TEST(two_events_too_large_for_one_page_end_everything);
  CPPUNIT_TEST(an_event_from_the_future_hides_nothing);
  CPPUNIT_TEST(an_event_of_the_second_that_is_not_over_is_not_from_the_future);
  CPPUNIT_TEST(a_clock_that_was_set_back_hides_nothing);
  CPPUNIT_TEST(a_clock_that_was_set_back_meanwhile_ends_everything_once);
  CPPUNIT_TEST(answers_of_several_clocks_end_nothing_twice);
  CPPUNIT_TEST(tells_each_page_and_that_it_still_reads);
  CPPUNIT_TEST(an_error_with_status_200_is_a_failure);
  CPPUNIT_TEST(events_without_a_number_are_told_apart_by_their_time);
  CPPUNIT_TEST(goes_on_at_a_position);
  CPPUNIT_TEST(everything_says_all_but_the_keys);
  CPPUNIT_TEST(says_what_to_do_where_it_is_refused);
  CPPUNIT_TEST(shows_its_token);
  CPPUNIT_TEST(finds_the_user_of_a_session_and_of_a_grant);
  CPPUNIT_TEST(finds_the_user_in_an_answer_that_is_larger_than_others);
  CPPUNIT_TEST(ends_all_where_the_user_is_not_found);
  CPPUNIT_TEST(looks_for_so_many_users_at_most);
  CPPUNIT_TEST(says_which_jwts_have_ended);
  CPPUNIT_TEST(reads_the_past_where_jwts_may_have_ended);
  CPPUNIT_TEST(begins_the_past_anew_where_it_was_cut_off);
  CPPUNIT_TEST(where_the_past_is_too_much_all_jwts_have_ended);
  CPPUNIT_TEST(tells_what_this_api_has_lost_since_it_began);
  CPPUNIT_TEST(takes_another_token_from_its_file);
  CPPUNIT_TEST_SUITE_END();

  Feed::Poll poll() { return feed_.poll({}); }
  // The first poll, and one that drops what was there before.
  void begin() {
    CPPUNIT_ASSERT(!poll().failed);
    CPPUNIT_ASSERT(!poll().failed);
  }

  static std::vector<Scope> users(std::vector<std::string> names) {
    std::vector<Scope> scopes;
    for (const std::string& name : names) scopes.push_back(scope_of(Ends::kSubject, name));
    std::sort(scopes.begin(), scopes.end());
    return scopes;
  }
  void assert_poll_ends(const std::vector<Scope>& expected) {
    const Feed::Poll found = poll();
    CPPUNIT_ASSERT(!found.failed);
    CPPUNIT_ASSERT(expected == found.ends);
  }

  void a_failed_poll_is_not_complete() {
    begin();
    const auto position = feed_.position();
    search_.lock_user("1", 1000);
    for (const auto& fault : std::vector<auth::Result<HttpResponse>>{
             Error{Reason::kUnreachable}, HttpResponse{500, "{}"}, HttpResponse{429, ""},
             HttpResponse{401, ""}, HttpResponse{200, "<html>"}, HttpResponse{200, ""},
             HttpResponse{200, "{\"events\":[{}]}"}, HttpResponse{204, ""},
             HttpResponse{302, ""}}) {
      search_.fail_next(fault);
      CPPUNIT_ASSERT(poll().failed.has_value());
      CPPUNIT_ASSERT(position == feed_.position());
    }
    assert_poll_ends(users({"1"}));
  }

  void what_a_failed_poll_has_found_counts() {
    begin();
    for (int i = 0; i < 1500; ++i) search_.lock_user(std::to_string(i), 1000 + i);
    search_.fail_next(HttpResponse{500, ""});
    CPPUNIT_ASSERT(poll().failed.has_value());
    // The second page fails.
    std::vector<Scope> all = poll().ends;
    search_.fail_next(HttpResponse{500, ""});
    const Feed::Poll failed = poll();
    all.insert(all.end(), failed.ends.begin(), failed.ends.end());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1500}, all.size());
  }

  void without_a_position_everything_ends_once() {
    search_.lock_user("1", 0);
    search_.lock_user("2", 60'000);
    assert_poll_ends({scope_of(Ends::kEverything)});
    assert_poll_ends(users({"2"}));
    assert_poll_ends({});
  }

  void an_instance_without_events_is_no_failure() {
    assert_poll_ends({scope_of(Ends::kEverything)});
    assert_poll_ends({});
    search_.lock_user("1", 1000);
    assert_poll_ends(users({"1"}));
  }

  void finds_an_event_once() {
    begin();
    for (int i = 0; i < 30; ++i) {
      search_.lock_user("1", 1000 + i * 1000);
      assert_poll_ends(users({"1"}));
      assert_poll_ends({});
    }
  }

  void finds_events_of_the_same_time() {
    search_.lock_user("0", 1000);
    begin();
    search_.lock_user("1", 1000);
    assert_poll_ends(users({"1"}));
    search_.lock_user("2", 1000);
    search_.lock_user("3", 1000);
    assert_poll_ends(users({"2", "3"}));
  }

  void finds_what_becomes_visible_late() {
    begin();
    search_.lock_user("young", 20'000);
    assert_poll_ends(users({"young"}));
    search_.lock_user("late", 10'001);
    assert_poll_ends(users({"late"}));
    search_.lock_user("younger", 30'000);
    search_.lock_user("late too", 25'000);
    assert_poll_ends(users({"younger", "late too"}));
  }

  void finds_what_becomes_visible_while_a_poll_reads_for_long() {
    search_.set_date(60'000);
    begin();
    for (int i = 1; i <= 1000; ++i) search_.lock_user("old", 60'000 + i);
    std::deque<long> answered_at{61'000, 77'000, 80'000};
    search_.answer_after([&] {
      if (answered_at.empty()) return;
      const long now = answered_at.front();
      answered_at.pop_front();
      search_.set_date(now);
      if (now >= 77'000) search_.lock_user("young", now);
      if (now == 80'000) search_.lock_user("late", 68'000);  // visible since 77'500
    });
    std::vector<Scope> ended;
    for (int polls = 0; polls < 3; ++polls) {
      const Feed::Poll found = poll();
      CPPUNIT_ASSERT(!found.failed);
      ended.insert(ended.end(), found.ends.begin(), found.ends.end());
    }
    CPPUNIT_ASSERT(answered_at.empty());
    CPPUNIT_ASSERT(std::count(ended.begin(), ended.end(), scope_of(Ends::kSubject, "late")) == 1);
  }

  void finds_more_than_a_page() {
    begin();
    std::vector<std::string> names;
    for (int i = 0; i < 3500; ++i) {
      names.push_back(std::to_string(i));
      search_.lock_user(names.back(), 1000 + i / 7);
    }
    assert_poll_ends(users(names));
    assert_poll_ends({});
  }

  void a_poll_ends_where_something_happens_all_the_time() {
    long now = 60'000;
    int count = 0;
    search_.set_date(now);
    begin();
    search_.answer_after([&] {
      now += 250;
      search_.set_date(now);
      search_.lock_user(std::to_string(count++), now);
    });
    std::vector<std::string> names;
    for (int polls = 0; polls < 5; ++polls) {
      const std::size_t before = search_.bodies().size();
      const int first = count;
      names.clear();
      const Feed::Poll found = poll();
      CPPUNIT_ASSERT(!found.failed);
      CPPUNIT_ASSERT(search_.bodies().size() - before <= 8);
      for (int i = first; i < count; ++i) names.push_back(std::to_string(i));
      CPPUNIT_ASSERT(users(names) == found.ends);
    }
  }

  // Whatever the question's limit is.
  void pages_that_the_server_makes_smaller_are_all_read() {
    search_.set_date(60'000);
    begin();
    search_.cap_pages(10);
    std::vector<std::string> names;
    for (int i = 0; i < 95; ++i) {
      names.push_back(std::to_string(i));
      search_.lock_user(names.back(), 60'000 + 10 * i);
    }
    assert_poll_ends(users(names));
    // The first page of the next poll brings nothing new.
    search_.lock_user("next", 61'000);
    assert_poll_ends(users({"next"}));
    assert_poll_ends({});
    search_.lock_user("last", 61'001);
    assert_poll_ends(users({"last"}));
  }

  void a_transaction_larger_than_a_page_ends_everything() {
    begin();
    for (int i = 0; i < 1200; ++i) search_.lock_user(std::to_string(i), 5000);
    search_.lock_user("behind", 5001);
    assert_poll_ends({scope_of(Ends::kEverything)});
    search_.lock_user("next", 5002);
    const Feed::Poll next = poll();
    CPPUNIT_ASSERT(!next.failed && !next.ends.empty());
  }

  // Also where nothing happens behind it for a long time.
  void a_transaction_larger_than_a_page_ends_everything_once() {
    begin();
    for (int i = 0; i < 1200; ++i) search_.lock_user(std::to_string(i), 5000);
    assert_poll_ends({scope_of(Ends::kEverything)});
    for (int i = 0; i < 5; ++i) {
      clock_.advance(std::chrono::seconds(1));
      assert_poll_ends({});
    }
    search_.lock_user("next", 5002);
    assert_poll_ends(users({"next"}));
  }

  void a_page_made_small_by_failures_ends_nothing_more() {
    begin();
    std::vector<std::string> names;
    for (int i = 0; i < 60; ++i) {
      names.push_back(std::to_string(i));
      search_.lock_user(names.back(), 5000);
    }
    for (int i = 0; i < 9; ++i) {
      search_.fail_next(Error{Reason::kTimedOut});
      CPPUNIT_ASSERT(poll().failed.has_value());
    }
    assert_poll_ends(users(names));
  }

  void after_many_failures_much_is_read_in_few_pages() {
    begin();
    for (int i = 0; i < 20; ++i) {
      search_.fail_next(Error{Reason::kTimedOut});
      CPPUNIT_ASSERT(poll().failed.has_value());
    }
    for (int i = 0; i < 10'000; ++i) search_.lock_user(std::to_string(i), 1000 + i);
    const std::size_t before = search_.bodies().size();
    CPPUNIT_ASSERT_EQUAL(std::size_t{10'000}, poll().ends.size());
    CPPUNIT_ASSERT(search_.bodies().size() - before < 50);
  }

  void a_page_that_is_too_large_is_asked_for_in_halves() {
    begin();
    std::vector<std::string> names;
    for (int i = 0; i < 600; ++i) {
      names.push_back(std::to_string(i));
      search_.lock_user(names.back(), 1000 + i);
    }
    search_.fail_next(Error{Reason::kAnswerTooLarge, "more than 16 MiB"});
    const auto failed = poll().failed;
    CPPUNIT_ASSERT_EQUAL(
        std::string("ZITADEL's answer is too large: more than 16 MiB for a page of "
                    "1000 events: half as many are asked for next"),
        to_string(*failed));
    assert_poll_ends(users(names));
    const auto half = std::count_if(
        search_.bodies().begin(), search_.bodies().end(),
        [](const std::string& body) { return body.find("\"limit\":500,") != body.npos; });
    CPPUNIT_ASSERT(half > 0);
  }

  // Whatever else happened at the same time is not read.
  void two_events_too_large_for_one_page_end_everything() {
    begin();
    search_.lock_user("1", 1000);
    search_.lock_user("2", 2000);
    search_.lock_user("3", 3000);
    search_.fit(1);
    Feed::Poll found = poll();
    for (int i = 0; found.failed && i < 12; ++i) found = poll();
    CPPUNIT_ASSERT_EQUAL(std::string(), found.failed ? to_string(*found.failed) : "");
    CPPUNIT_ASSERT((std::vector<Scope>{scope_of(Ends::kEverything)}) == found.ends);
    search_.lock_user("next", 20'000);
    found = poll();
    if (found.failed) found = poll();
    CPPUNIT_ASSERT(!found.failed && !found.ends.empty());
  }

  void an_event_from_the_future_hides_nothing() {
    search_.set_date(1000);
    begin();
    search_.lock_user("future", 3'600'000);
    assert_poll_ends(users({"future"}));
    for (int i = 1; i < 60; ++i) {
      search_.set_date(1000 + i * 1000);
      search_.lock_user(std::to_string(i), 1000 + i * 1000);
      assert_poll_ends(users({std::to_string(i)}));
    }
  }

  // Date tells whole seconds.
  void an_event_of_the_second_that_is_not_over_is_not_from_the_future() {
    search_.set_date(60'000);
    begin();
    const auto position_after = [this](long at) {
      search_.lock_user(std::to_string(at), at);
      assert_poll_ends(users({std::to_string(at)}));
      return feed_.position().value() - std::chrono::seconds(kEpoch);
    };
    using Position = auth::WallMicroseconds;
    CPPUNIT_ASSERT(Position(milliseconds(60'999)) == position_after(60'999));
    CPPUNIT_ASSERT(Position(milliseconds(60'000)) == position_after(61'000));
  }

  void a_clock_that_was_set_back_hides_nothing() {
    search_.lock_user("before", 3'600'000);
    search_.set_date(3'601'000);
    begin();
    for (int i = 0; i < 30; ++i) {
      clock_.advance(std::chrono::seconds(1));
      search_.set_date(1000 * i);
      search_.lock_user(std::to_string(i), 1000 * i + 1);
      const Feed::Poll found = poll();
      // The first answer with the new clock tells where the next poll begins.
      if (i > 0) {
        const Scope last = scope_of(Ends::kSubject, std::to_string(i));
        CPPUNIT_ASSERT(std::count(found.ends.begin(), found.ends.end(), last) == 1);
      }
      if (i == 1) CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.ends.size());
    }
  }

  void a_clock_that_was_set_back_meanwhile_ends_everything_once() {
    search_.lock_user("before", 3'600'000);
    search_.set_date(3'601'000);
    begin();
    search_.lock_user("hidden", 1000);
    search_.set_date(100'000);
    clock_.advance(std::chrono::seconds(100));
    assert_poll_ends({scope_of(Ends::kEverything)});
    for (int i = 0; i < 5; ++i) {
      clock_.advance(std::chrono::seconds(1));
      assert_poll_ends({});
    }
    // The same where another process has read up to there.
    Feed other("https://zitadel.example/search", seconds(0), access_, search_, clock_);
    other.go_on_at(auth::WallMicroseconds(std::chrono::milliseconds(1'700'003'600'000)));
    CPPUNIT_ASSERT(std::vector<Scope>{scope_of(Ends::kEverything)} == other.poll({}).ends);
  }

  void answers_of_several_clocks_end_nothing_twice() {
    search_.set_date(100'000);
    begin();
    for (int i = 0; i < 60; ++i) {
      clock_.advance(std::chrono::seconds(1));
      search_.lock_user(std::to_string(i), 100'000 + 1000 * i);
      search_.set_date(100'000 + 1000 * i - (i % 2 == 0 ? 0 : 40'000));
      assert_poll_ends(users({std::to_string(i)}));
    }
  }

  // Else another process takes over while thousands of events are read.
  void tells_each_page_and_that_it_still_reads() {
    begin();
    for (int i = 0; i < 30'000; ++i) search_.lock_user(std::to_string(i), 1000 + i);
    const std::size_t before = search_.bodies().size();
    std::size_t still = 0;
    std::vector<std::size_t> told;
    const Feed::Poll found = feed_.poll(
        [&] { ++still; },
        [&](Feed::Poll& so_far) { told.push_back(std::exchange(so_far.ends, {}).size()); });
    CPPUNIT_ASSERT(!found.failed && found.ends.empty());
    std::size_t all = 0;
    for (const std::size_t part : told) {
      CPPUNIT_ASSERT(part <= auth::kEventsPage);
      all += part;
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{30'000}, all);
    CPPUNIT_ASSERT_EQUAL(search_.bodies().size() - before, still);
  }

  void an_error_with_status_200_is_a_failure() {
    begin();
    const auto position = feed_.position();
    search_.fail_next(HttpResponse{200, R"({"code":13,"message":"An internal error occurred"})"});
    CPPUNIT_ASSERT(poll().failed->reason == Reason::kMalformedAnswer);
    CPPUNIT_ASSERT(position == feed_.position());
  }

  void events_without_a_number_are_told_apart_by_their_time() {
    begin();
    for (int i = 1; i < 4; ++i) {
      const std::string time = "2023-11-14T22:13:2" + std::to_string(i) + ".5Z";
      search_.fail_next(
          HttpResponse{200, R"({"events":[{"type":{"type":"user.locked"},"aggregate":{"id":"1"},)"
                            R"("creationDate":")" +
                                time + R"("}]})"});
      assert_poll_ends(users({"1"}));
    }
  }

  void goes_on_at_a_position() {
    begin();
    search_.lock_user("1", 50'000);
    assert_poll_ends(users({"1"}));
    const auto position = feed_.position();
    search_.lock_user("2", 51'000);
    Feed other("https://zitadel.example/search", std::chrono::seconds(0), access_, search_, clock_);
    other.go_on_at(position);
    CPPUNIT_ASSERT(users({"1", "2"}) == other.poll({}).ends);
  }

  void everything_says_all_but_the_keys() {
    begin();
    search_.lock_user("1", 1000);
    search_.write("web_key.activated", "2", 1001);
    search_.write("session.terminated", "3", 1002);
    std::vector<Scope> expected{scope_of(Ends::kEverything), scope_of(Ends::kKeys)};
    std::sort(expected.begin(), expected.end());
    assert_poll_ends(expected);
  }

  void says_what_to_do_where_it_is_refused() {
    search_.fail_next(HttpResponse{401, ""});
    CPPUNIT_ASSERT(poll().failed->detail.find("write another") != std::string::npos);
    search_.fail_next(HttpResponse{403, ""});
    CPPUNIT_ASSERT(poll().failed->detail.find("IAM_OWNER_VIEWER") != std::string::npos);
    HttpResponse busy{429, ""};
    busy.retry_after = std::chrono::seconds(7);
    search_.fail_next(busy);
    CPPUNIT_ASSERT(poll().failed->retry_after == std::chrono::seconds(7));
  }

  void shows_its_token() {
    begin();
    for (const std::string& value : search_.authorizations()) {
      CPPUNIT_ASSERT_EQUAL(std::string("Bearer the-token"), value);
    }
  }

  void finds_the_user_of_a_session_and_of_a_grant() {
    search_.write("session.user.checked", "s", 0, R"({"userID":"alice"})");
    search_.write("user.grant.added", "g", 0, R"({"userId":"bob"})");
    search_.set_date(60'000);
    begin();
    search_.write("session.terminated", "s", 61'000);
    search_.write("user.grant.deactivated", "g", 61'001);
    assert_poll_ends(users({"alice", "bob"}));
  }

  void finds_the_user_in_an_answer_that_is_larger_than_others() {
    const std::string roles(2 << 20, 'a');
    search_.write("user.grant.added", "g", 0, R"({"userId":"bob","roleKeys":[")" + roles + "\"]}");
    search_.set_date(60'000);
    begin();
    search_.write("user.grant.deactivated", "g", 61'000);
    assert_poll_ends(users({"bob"}));
  }

  void ends_all_where_the_user_is_not_found() {
    search_.write("session.user.checked", "s", 0, "{}");
    begin();
    search_.write("session.terminated", "s", 61'000);
    assert_poll_ends({scope_of(Ends::kEverything)});
    search_.write("user.grant.deactivated", "g", 62'000);
    assert_poll_ends({scope_of(Ends::kAnyRole)});
  }

  void looks_for_so_many_users_at_most() {
    const std::size_t sessions = auth::kMostUserSearches + 1;
    for (std::size_t i = 0; i < sessions; ++i) {
      search_.write("session.user.checked", std::to_string(i), 0, R"({"userID":"alice"})");
    }
    begin();
    const std::size_t before = search_.bodies().size();
    for (std::size_t i = 0; i < sessions; ++i) {
      search_.write("session.terminated", std::to_string(i), 61'000 + static_cast<int>(i));
    }
    assert_poll_ends({scope_of(Ends::kEverything)});
    const std::size_t asked = search_.bodies().size() - before;
    CPPUNIT_ASSERT(asked > auth::kMostUserSearches);
    CPPUNIT_ASSERT(asked <= auth::kMostUserSearches + 2 * (1 + sessions / auth::kEventsPage));
  }

  // As text, so that one is compared with another.
  static std::vector<std::pair<Scope, std::uint64_t>> told(const auth::Endings& endings) {
    std::vector<std::pair<Scope, std::uint64_t>> pairs;
    for (const auto& each : endings) pairs.emplace_back(each.scope, each.issued_until - kEpoch);
    return pairs;
  }

  void says_which_jwts_have_ended() {
    begin();
    search_.lock_user("alice", 61'900);
    search_.lock_user("alice", 63'100);
    search_.write("user.unlocked", "bob", 63'200);
    search_.write("oidc_session.refresh_token.renewed", "V2_1", 63'300);
    search_.write("oidc_session.access_token.revoked", "V2_2", 64'000);
    CPPUNIT_ASSERT((std::vector<std::pair<Scope, std::uint64_t>>{
                       {scope_of(Ends::kSubject, "alice"), 63},
                       {scope_of(Ends::kSession, "V2_2"), 64}}) == told(poll().jwts));
    CPPUNIT_ASSERT(poll().jwts.empty());
  }

  Feed jwt_feed() {
    return Feed("https://zitadel.example/search", std::chrono::seconds(100), access_, search_,
                clock_);
  }

  void reads_the_past_where_jwts_may_have_ended() {
    Feed feed = jwt_feed();
    search_.lock_user("before", 50'000);
    for (int i = 0; i < 2500; ++i) search_.lock_user(std::to_string(i), 120'000 + i);
    search_.set_date(200'000);
    const Feed::Poll found = feed.poll({});
    CPPUNIT_ASSERT(!found.failed);
    CPPUNIT_ASSERT(found.jwts_anew);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2500}, found.jwts.size());
    CPPUNIT_ASSERT((std::vector<Scope>{scope_of(Ends::kEverything)}) == found.ends);
    CPPUNIT_ASSERT(!feed.poll({}).jwts_anew);
  }

  void begins_the_past_anew_where_it_was_cut_off() {
    Feed feed = jwt_feed();
    for (int i = 0; i < 2500; ++i) search_.lock_user(std::to_string(i), 110'000 + 20 * i);
    search_.set_date(200'000);
    search_.answer_next(2);
    search_.fail_next(HttpResponse{500, ""});
    const Feed::Poll cut = feed.poll({});
    CPPUNIT_ASSERT(cut.failed && !cut.jwts_anew && cut.jwts.empty() && cut.ends.empty());
    const Feed::Poll whole = feed.poll({});
    CPPUNIT_ASSERT(!whole.failed && whole.jwts_anew);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2500}, whole.jwts.size());
  }

  void where_the_past_is_too_much_all_jwts_have_ended() {
    Feed feed = jwt_feed();
    search_.set_date(200'000);
    for (int page = 0; page <= auth::kMostPages; ++page) {
      const auto time = auth::WallMicroseconds(seconds(kEpoch + 150)) + milliseconds(page);
      const std::string text = R"({"sequence":")" + std::to_string(page) + R"(","creationDate":")" +
                               auth::to_timestamp(time) +
                               R"(","type":{"type":"user.locked"},"aggregate":{"id":"1"}})";
      std::string body = R"({"events":[)" + text;
      for (std::size_t i = 1; i < auth::kEventsPage; ++i) body += "," + text;
      HttpResponse answer{200, page == 0 ? "{}" : body + "]}"};
      answer.date = auth::WallTime(std::chrono::seconds(kEpoch + 200));
      search_.fail_next(std::move(answer));
    }
    CPPUNIT_ASSERT(feed.poll({}).failed.has_value());
    const Feed::Poll found = feed.poll({});
    CPPUNIT_ASSERT(!found.failed && found.jwts_anew);
    CPPUNIT_ASSERT((std::vector<std::pair<Scope, std::uint64_t>>{
                       {scope_of(Ends::kEverything), 200}}) == told(found.jwts));
  }

  void tells_what_this_api_has_lost_since_it_began() {
    search_.write("project.application.oidc.key.removed", "7", 1000, R"({"keyId":"old"})");
    begin();
    search_.write("project.application.oidc.key.removed", "7", 2000, R"({"keyId":"5"})");
    const Feed::Poll found = poll();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.losses.size());
    CPPUNIT_ASSERT(found.losses[0].lost == auth::Lost::kKey);
    CPPUNIT_ASSERT_EQUAL(auth::name_hash("5"), found.losses[0].lost_thing);
    CPPUNIT_ASSERT_EQUAL(auth::name_hash("7"), found.losses[0].lost_project);
    CPPUNIT_ASSERT(poll().losses.empty());
  }

  void takes_another_token_from_its_file() {
    support::TemporaryFolder folder;
    const std::string path = folder.write("token", "first\n");
    const auto token = auth::read_events_token(path);
    CPPUNIT_ASSERT(token.has_value());
    auth::EventsAccess access(*token, path, discovery_, search_, clock_);
    Feed feed("https://zitadel.example/search", std::chrono::seconds(0), access, search_, clock_);
    const auto used = [&] {
      static_cast<void>(feed.poll({}));
      return search_.authorizations().back();
    };
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer first"), used());
    CPPUNIT_ASSERT_EQUAL(path, folder.write("token", "second token\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer first"), used());  // it is no token
    CPPUNIT_ASSERT_EQUAL(path, folder.write("token", "third\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer third"), used());
  }

  static constexpr std::uint64_t kEpoch = 1'700'000'000;
  support::ManualClock clock_{};
  support::EventSearch search_{};
  auth::EventsToken token_{auth::Secret("the-token")};
  auth::Discovery discovery_{"https://zitadel.example", false, search_, clock_};
  auth::EventsAccess access_{token_, "", discovery_, search_, clock_};
  Feed feed_{"https://zitadel.example/search", std::chrono::seconds(0), access_, search_, clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(FeedTest);

}  // namespace
