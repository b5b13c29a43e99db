#include "auth/events/feed.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/support/event_search.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::Ends;
using auth::Error;
using auth::Feed;
using auth::HttpResponse;
using auth::Reason;
using auth::Scope;
using auth::scope_of;

class FeedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FeedTest);
  CPPUNIT_TEST(a_failed_poll_is_not_complete);
  CPPUNIT_TEST(what_a_failed_poll_has_found_counts);
  CPPUNIT_TEST(without_a_position_everything_ends_once);
  CPPUNIT_TEST(an_instance_without_events_is_no_failure);
  CPPUNIT_TEST(finds_an_event_once);
  CPPUNIT_TEST(finds_events_of_the_same_time);
  CPPUNIT_TEST(finds_what_becomes_visible_late);
  CPPUNIT_TEST(finds_more_than_a_page);
  CPPUNIT_TEST(a_transaction_larger_than_a_page_ends_everything);
  CPPUNIT_TEST(a_page_that_is_too_large_is_asked_for_in_halves);
  CPPUNIT_TEST(an_event_from_the_future_hides_nothing);
  CPPUNIT_TEST(goes_on_at_a_position);
  CPPUNIT_TEST(everything_says_all_but_the_keys);
  CPPUNIT_TEST(an_ended_session_ends_the_tokens_of_its_user);
  CPPUNIT_TEST(a_grant_that_names_no_user_ends_the_tokens_of_its_user);
  CPPUNIT_TEST(a_session_whose_user_cannot_be_found_ends_everything);
  CPPUNIT_TEST(more_sessions_than_can_be_asked_about_end_everything);
  CPPUNIT_TEST(says_what_to_do_where_it_is_refused);
  CPPUNIT_TEST(shows_its_token);
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

  void a_transaction_larger_than_a_page_ends_everything() {
    begin();
    for (int i = 0; i < 1200; ++i) search_.lock_user(std::to_string(i), 5000);
    search_.lock_user("behind", 5001);
    assert_poll_ends({scope_of(Ends::kEverything)});
    search_.lock_user("next", 5002);
    const Feed::Poll next = poll();
    CPPUNIT_ASSERT(!next.failed && !next.ends.empty());
  }

  void a_page_that_is_too_large_is_asked_for_in_halves() {
    begin();
    std::vector<std::string> names;
    for (int i = 0; i < 600; ++i) {
      names.push_back(std::to_string(i));
      search_.lock_user(names.back(), 1000 + i);
    }
    search_.fail_next(Error{Reason::kAnswerTooLarge});
    CPPUNIT_ASSERT(poll().failed.has_value());
    assert_poll_ends(users(names));
    const auto half = std::count_if(
        search_.bodies().begin(), search_.bodies().end(),
        [](const std::string& body) { return body.find("\"limit\":500,") != body.npos; });
    CPPUNIT_ASSERT(half > 0);
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

  void goes_on_at_a_position() {
    begin();
    search_.lock_user("1", 50'000);
    assert_poll_ends(users({"1"}));
    const auto position = feed_.position();
    search_.lock_user("2", 51'000);
    Feed other("https://zitadel.example/search", access_, search_, clock_);
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

  void log_in(const std::string& session, const std::string& user) {
    search_.write("session.user.checked", session, -3'600'000, R"({"userID":")" + user + "\"}");
  }

  void an_ended_session_ends_the_tokens_of_its_user() {
    log_in("s1", "1");
    log_in("s2", "2");
    log_in("s3", "3");
    begin();
    search_.lock_user("4", 1000);
    search_.write("session.terminated", "s1", 1001);
    search_.write("session.terminated", "s3", 1002);
    assert_poll_ends(users({"1", "3", "4"}));
    assert_poll_ends({});
  }

  void a_grant_that_names_no_user_ends_the_tokens_of_its_user() {
    search_.write("user.grant.added", "g1", -3'600'000, R"({"userId":"1"})");
    begin();
    search_.write("user.grant.deactivated", "g1", 1000);
    search_.write("user.grant.deactivated", "g2", 1001);
    std::vector<Scope> expected = users({"1"});
    expected.push_back(scope_of(Ends::kAnyRole));
    std::sort(expected.begin(), expected.end());
    assert_poll_ends(expected);
  }

  void a_session_whose_user_cannot_be_found_ends_everything() {
    begin();
    search_.write("session.terminated", "unknown", 1001);
    assert_poll_ends({scope_of(Ends::kEverything)});
    log_in("s1", "");
    search_.write("session.terminated", "s1", 1002);
    assert_poll_ends({scope_of(Ends::kEverything)});
  }

  void more_sessions_than_can_be_asked_about_end_everything() {
    begin();
    for (std::size_t i = 0; i <= auth::kMostOwned; ++i) {
      const std::string number = std::to_string(i);
      log_in("s" + number, number);
      search_.write("session.terminated", "s" + number, 1000);
    }
    const std::size_t asked = search_.bodies().size();
    assert_poll_ends({scope_of(Ends::kEverything)});
    CPPUNIT_ASSERT_EQUAL(asked + 2, search_.bodies().size());
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

  support::ManualClock clock_{};
  support::EventSearch search_{};
  auth::EventsToken token_{auth::Secret("the-token")};
  auth::Discovery discovery_{"https://zitadel.example", false, search_, clock_};
  auth::EventsAccess access_{token_, discovery_, search_, clock_};
  Feed feed_{"https://zitadel.example/search", access_, search_, clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(FeedTest);

}  // namespace
