// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/remote_key_set.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/support/jwts.h"
#include "tests/unit/support/keys.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::Discovery;
using auth::Error;
using auth::Reason;
using auth::RemoteKeySet;
using auth::jose::Algorithm;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kDiscovery =
    R"({"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/oauth/v2/keys"})";

class RemoteKeySetTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RemoteKeySetTest);
  CPPUNIT_TEST(knows_no_key_before_it_was_answered);
  CPPUNIT_TEST(knows_no_key_where_discovery_fails);
  CPPUNIT_TEST(shows_what_the_server_said_where_it_gives_no_key_set);
  CPPUNIT_TEST(knows_no_key_where_discovery_names_no_key_set);
  CPPUNIT_TEST(knows_no_key_where_the_answer_holds_none);
  CPPUNIT_TEST(does_not_call_a_key_unknown_while_nobody_can_tell);
  CPPUNIT_TEST(calls_a_key_unknown_that_zitadel_does_not_have);
  CPPUNIT_TEST(does_not_call_a_key_unknown_that_was_not_asked_for);
  CPPUNIT_TEST(a_new_key_is_found_within_a_second_of_its_first_token);
  CPPUNIT_TEST(drops_a_key_that_zitadel_has_deleted);
  CPPUNIT_TEST(a_set_that_rested_serves_nobody_before_it_was_asked_for);
  CPPUNIT_TEST(asks_once_whoever_asks_meanwhile);
  CPPUNIT_TEST(a_flood_of_unknown_keys_asks_once_a_second);
  CPPUNIT_TEST(a_flood_while_zitadel_fails_asks_once_a_second);
  CPPUNIT_TEST(a_flood_from_the_start_asks_once_a_second);
  CPPUNIT_TEST(tokens_that_name_no_key_ask_no_more_often);
  CPPUNIT_TEST(honours_retry_after);
  CPPUNIT_TEST(asks_again_soon_where_no_set_is_known);
  CPPUNIT_TEST(finds_the_new_key_and_the_old_one_through_a_rotation);
  CPPUNIT_TEST(finds_a_key_that_came_right_behind_the_first_question);
  CPPUNIT_TEST(keeps_the_last_good_set_through_every_kind_of_failure);
  CPPUNIT_TEST(keeps_the_last_good_set_behind_a_rest_where_zitadel_fails);
  CPPUNIT_TEST(asks_again_every_five_minutes_without_making_anybody_wait);
  CPPUNIT_TEST(tries_a_failed_question_again_after_thirty_seconds);
  CPPUNIT_TEST(asks_again_earlier_where_a_cache_has_kept_the_set);
  CPPUNIT_TEST(a_set_that_a_cache_has_kept_rests_for_so_much_less);
  CPPUNIT_TEST(finds_a_key_set_that_has_moved);
  CPPUNIT_TEST(says_no_more_than_a_few_lines_of_keys_left_out);
  CPPUNIT_TEST(asks_for_nothing_while_nobody_uses_it);
  CPPUNIT_TEST(calls_back_when_the_question_has_been_answered);
  CPPUNIT_TEST(calls_back_at_once_where_nothing_is_being_asked);
  CPPUNIT_TEST(warms_up_with_one_question);
  CPPUNIT_TEST(outlives_its_owner_while_a_question_is_under_way);
  CPPUNIT_TEST(asks_no_more_once_the_client_has_ended);
  CPPUNIT_TEST(tells_the_operator_of_failures_and_of_keys_left_out);
  CPPUNIT_TEST(serves_several_threads_at_once);
  CPPUNIT_TEST_SUITE_END();

  std::optional<support::LogCapture> log_{};  // so that failures on order say nothing
  support::ManualClock clock_;
  support::ScriptedHttpClient http_;
  auth::WorkerPool workers_{0};  // whoever answers works
  std::shared_ptr<RemoteKeySet> keys_ = std::make_shared<RemoteKeySet>(
      std::make_shared<Discovery>("https://issuer.example", false, http_, clock_), http_, workers_,
      clock_);
  std::size_t questions_ = 0;

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override {
    http_.shut_down();
    log_.reset();
  }

 private:
  static std::string set_of(const std::vector<std::string>& ids) {
    std::vector<std::string> keys;
    for (const std::string& id : ids) {
      keys.push_back(
          support::jwk_of(support::key_for(Algorithm::kEdDsa), ",\"kid\":\"" + id + '"'));
    }
    return support::jwk_set_of(keys);
  }

  // Questions since the last time somebody asked for this, or made keys known.
  [[nodiscard]] std::size_t questions() {
    const std::size_t asked = http_.asked();
    return asked - std::exchange(questions_, asked);
  }

  // Has ZITADEL answer the question that is under way.
  void answer(int status, const std::string& body) { http_.answer(status, body); }
  void answer(const std::vector<std::string>& ids) { http_.answer(200, set_of(ids)); }

  // Makes keys known, discovery included.
  void know(const std::vector<std::string>& ids) {
    check_reason(Reason::kKeySetUnavailable, ids.at(0));
    answer(200, kDiscovery);
    answer(ids);
    CPPUNIT_ASSERT(finds(ids.at(0)));
    questions_ = http_.asked();
  }

  [[nodiscard]] bool finds(const std::string& id) { return keys_->find(id).has_value(); }

  [[nodiscard]] Error refusal(const std::string& id) {
    const auto key = keys_->find(id);
    CPPUNIT_ASSERT_MESSAGE(id + " was found", !key);
    return key.error();
  }

  void check_reason(Reason expected, const std::string& id) {
    CPPUNIT_ASSERT_EQUAL(std::string(auth::describe(expected)),
                         std::string(auth::describe(refusal(id).reason)));
  }

  void knows_no_key_before_it_was_answered() {
    const Error error = refusal("a");
    CPPUNIT_ASSERT(error.reason == Reason::kKeySetUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("it is being asked for"), error.detail);
    auto question = http_.take();
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/.well-known/openid-configuration"),
                         question.url);
    question.done(auth::HttpResponse{200, kDiscovery});
    question = http_.take();
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/oauth/v2/keys"), question.url);
    CPPUNIT_ASSERT_EQUAL(std::string(), question.form + question.authorization);
    check_reason(Reason::kKeySetUnavailable, "a");
    question.done(auth::HttpResponse{200, set_of({"a"})});
    CPPUNIT_ASSERT(finds("a"));
  }

  void knows_no_key_where_discovery_fails() {
    check_reason(Reason::kKeySetUnavailable, "a");
    answer(503, "");
    const Error error = refusal("a");
    CPPUNIT_ASSERT(error.reason == Reason::kKeySetUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("ZITADEL answered with a server error (5xx): discovery "
                                     "answered with status 503"),
                         error.detail);
  }

  void shows_what_the_server_said_where_it_gives_no_key_set() {
    check_reason(Reason::kKeySetUnavailable, "a");
    answer(200, std::string(kDiscovery));
    answer(404, "unable to set instance: failed to connect to the database\n");
    CPPUNIT_ASSERT_EQUAL(
        std::string("ZITADEL answered with an unexpected status: the key set's endpoint answered "
                    "with status 404, saying: unable to set instance: failed to connect to the "
                    "database"),
        refusal("a").detail);
  }

  void knows_no_key_where_discovery_names_no_key_set() {
    check_reason(Reason::kKeySetUnavailable, "a");
    answer(200, R"({"issuer":"https://issuer.example"})");
    CPPUNIT_ASSERT(refusal("a").detail.find("names no jwks_uri") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void knows_no_key_where_the_answer_holds_none() {
    check_reason(Reason::kKeySetUnavailable, "a");
    answer(200, kDiscovery);
    for (const char* body : {R"({"keys":[]})", R"({"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]})",
                             "", "{}", "<html>", R"({"keys":[],"keys":[]})"}) {
      answer(200, body);
      const Error error = refusal("a");
      CPPUNIT_ASSERT_MESSAGE(body, error.reason == Reason::kKeySetUnavailable);
      CPPUNIT_ASSERT_MESSAGE(body, error.detail != "it is being asked for");
      clock_.advance(auth::kMinKeyRefreshInterval);
      check_reason(Reason::kKeySetUnavailable, "a");
    }
    answer({"a"});
    CPPUNIT_ASSERT(finds("a"));
  }

  // It may be the key of a rotation that ZITADEL could not tell of.
  void does_not_call_a_key_unknown_while_nobody_can_tell() {
    know({"a"});
    check_reason(Reason::kKeySetUnavailable, "b");
    answer(500, "");
    const Error error = refusal("b");
    CPPUNIT_ASSERT(error.reason == Reason::kKeySetUnavailable);
    CPPUNIT_ASSERT(error.retry_after == seconds(1));
    CPPUNIT_ASSERT(finds("a"));
  }

  void calls_a_key_unknown_that_zitadel_does_not_have() {
    know({"a"});
    check_reason(Reason::kKeySetUnavailable, "b");
    clock_.advance(seconds(2));
    answer({"a"});
    const Error error = refusal("b");
    CPPUNIT_ASSERT(error.reason == Reason::kUnknownKey);
    CPPUNIT_ASSERT_EQUAL(std::string(), error.detail);
    // A second later it may have it.
    clock_.advance(auth::kMinKeyRefreshInterval);
    check_reason(Reason::kKeySetUnavailable, "b");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
  }

  void drops_a_key_that_zitadel_has_deleted() {
    know({"a", "b"});
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(finds("a"));
    answer({"b"});
    CPPUNIT_ASSERT(finds("b"));
    CPPUNIT_ASSERT(!finds("a"));
  }

  void a_set_that_rested_serves_nobody_before_it_was_asked_for() {
    know({"a", "b"});
    clock_.advance(auth::kMaxKeySetAge);
    check_reason(Reason::kKeySetUnavailable, "a");
    check_reason(Reason::kKeySetUnavailable, "b");
    answer({"b"});
    CPPUNIT_ASSERT(finds("b"));
    CPPUNIT_ASSERT(!finds("a"));
  }

  void asks_once_whoever_asks_meanwhile() {
    for (int i = 0; i < 100; ++i) check_reason(Reason::kKeySetUnavailable, std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    answer(200, kDiscovery);
    for (int i = 0; i < 100; ++i) check_reason(Reason::kKeySetUnavailable, std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
  }

  // Whoever made up another key id a moment ago.
  void does_not_call_a_key_unknown_that_was_not_asked_for() {
    know({"a"});
    check_reason(Reason::kKeySetUnavailable, "made up");
    answer({"a"});
    check_reason(Reason::kUnknownKey, "made up");
    const Error error = refusal("new");
    CPPUNIT_ASSERT(error.reason == Reason::kKeySetUnavailable);
    CPPUNIT_ASSERT(error.retry_after == seconds(1));
    clock_.advance(seconds(1));
    check_reason(Reason::kKeySetUnavailable, "new");
    answer({"a", "new"});
    CPPUNIT_ASSERT(finds("new"));
  }

  // A key that ZITADEL activates in the middle of a flood of made-up ones.
  void a_new_key_is_found_within_a_second_of_its_first_token() {
    know({"a"});
    for (int i = 0; i < 1000; ++i) {
      CPPUNIT_ASSERT(!finds("made up " + std::to_string(i)));
      if (http_.waiting() > 0) answer({"a"});
      clock_.advance(milliseconds(7));
    }
    const auto first = clock_.steady();
    while (!finds("new")) {
      if (http_.waiting() > 0) answer({"a", "new"});
      clock_.advance(milliseconds(7));
      CPPUNIT_ASSERT(!finds("made up"));
    }
    CPPUNIT_ASSERT(clock_.steady() - first <= milliseconds(1'007));
  }

  // A hundred made-up key ids a second for five minutes; `respond` answers what is asked.
  template <typename Respond>
  std::size_t flood(Respond respond) {
    const std::size_t before = http_.asked();
    for (int i = 0; i < 300 * 100; ++i) {
      CPPUNIT_ASSERT(!finds("made up " + std::to_string(i)));
      if (http_.waiting() > 0) respond();
      clock_.advance(milliseconds(10));
    }
    return http_.asked() - before;
  }

  void a_flood_of_unknown_keys_asks_once_a_second() {
    know({"a"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{300}, flood([&] { answer({"a"}); }));
    CPPUNIT_ASSERT(finds("a"));
  }

  void a_flood_while_zitadel_fails_asks_once_a_second() {
    know({"a"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{300}, flood([&] { answer(500, ""); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{300}, flood([&] { http_.answer(Reason::kTimedOut); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{300}, flood([&] { answer(200, R"({"keys":[]})"); }));
    CPPUNIT_ASSERT(finds("a"));
  }

  void a_flood_from_the_start_asks_once_a_second() {
    CPPUNIT_ASSERT(!finds("made up"));
    answer(200, kDiscovery);
    answer({"a"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{299}, flood([&] { answer({"a"}); }));
    CPPUNIT_ASSERT(finds("a"));
  }

  void tokens_that_name_no_key_ask_no_more_often() {
    know({"a", "b"});
    for (int i = 0; i < 61; ++i) {
      CPPUNIT_ASSERT(!keys_->find(std::nullopt));
      if (http_.waiting() > 0) answer({"a", "b"});
      clock_.advance(milliseconds(50));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, questions());
  }

  void honours_retry_after() {
    know({"a"});
    CPPUNIT_ASSERT(!finds("b"));
    http_.answer(auth::HttpResponse{429, "", seconds(100)});
    CPPUNIT_ASSERT(refusal("b").retry_after == seconds(100));
    clock_.advance(seconds(99));
    CPPUNIT_ASSERT(finds("a") && !finds("b"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, questions());
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!finds("b"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, questions());
  }

  void asks_again_soon_where_no_set_is_known() {
    CPPUNIT_ASSERT(!finds("a"));
    http_.answer(Reason::kUnreachable);
    CPPUNIT_ASSERT(refusal("a").retry_after == auth::kMinKeyRefreshInterval);
    clock_.advance(auth::kMinKeyRefreshInterval - milliseconds(1));
    CPPUNIT_ASSERT(!finds("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    clock_.advance(milliseconds(1));
    know({"a"});
  }

  void finds_the_new_key_and_the_old_one_through_a_rotation() {
    know({"old"});
    CPPUNIT_ASSERT(!finds("new"));
    CPPUNIT_ASSERT_MESSAGE("while asking", finds("old"));
    answer({"old", "new"});
    CPPUNIT_ASSERT(finds("new") && finds("old"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, questions());
  }

  // What was asked for the first token was no question for an unknown key: it knew that one.
  void finds_a_key_that_came_right_behind_the_first_question() {
    know({"old"});
    CPPUNIT_ASSERT(!finds("new"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
  }

  void keeps_the_last_good_set_through_every_kind_of_failure() {
    know({"a"});
    const std::string secret = R"({"keys":[{"kty":"oct","kid":"b","k":"AAAA"}]})";
    for (const auth::Result<auth::HttpResponse>& failure :
         std::vector<auth::Result<auth::HttpResponse>>{
             auth::HttpResponse{500}, auth::HttpResponse{404}, auth::HttpResponse{302},
             auth::HttpResponse{200, ""}, auth::HttpResponse{200, R"({"keys":[]})"},
             auth::HttpResponse{200, "{}"}, auth::HttpResponse{200, secret},
             auth::HttpResponse{204}, Reason::kUnreachable, Reason::kTlsFailed, Reason::kTimedOut,
             Reason::kAnswerTooLarge, Reason::kShuttingDown}) {
      CPPUNIT_ASSERT(!finds("b"));
      CPPUNIT_ASSERT(finds("a"));
      http_.answer(failure);
      CPPUNIT_ASSERT(finds("a"));
      clock_.advance(auth::kKeyRefreshRetry);
    }
  }

  void keeps_the_last_good_set_behind_a_rest_where_zitadel_fails() {
    know({"a"});
    clock_.advance(std::chrono::hours(24));
    CPPUNIT_ASSERT(!finds("a"));
    http_.answer(Reason::kUnreachable);
    CPPUNIT_ASSERT(finds("a"));
  }

  void asks_again_every_five_minutes_without_making_anybody_wait() {
    know({"a"});
    for (int i = 0; i < 1500; ++i) {
      CPPUNIT_ASSERT(finds("a"));
      if (http_.waiting() > 0) answer({"a"});
      clock_.advance(seconds(1));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, questions());
  }

  void answer_aged(const std::vector<std::string>& ids, auth::Freshness freshness) {
    auth::HttpResponse response{200, set_of(ids)};
    response.freshness = freshness;
    http_.answer(response);
  }

  // RFC 9111 §4.2. ZITADEL says max-age=300.
  void asks_again_earlier_where_a_cache_has_kept_the_set() {
    know({"a"});
    struct Case {
      auth::Freshness freshness;
      seconds due;
    };
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(finds("a"));
    for (const Case& each : {Case{{seconds(0), seconds(300)}, seconds(300)},
                             Case{{seconds(250), seconds(300)}, seconds(50)},
                             Case{{seconds(250), std::nullopt}, seconds(50)},
                             Case{{seconds(0), seconds(100)}, seconds(100)},
                             Case{{seconds(0), seconds(9000)}, seconds(300)},
                             Case{{seconds(400), seconds(300)}, seconds(30)},
                             Case{{seconds(0), seconds(0)}, seconds(30)}}) {
      answer_aged({"a"}, each.freshness);
      questions_ = http_.asked();
      clock_.advance(each.due - seconds(1));
      CPPUNIT_ASSERT(finds("a"));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
      clock_.advance(seconds(1));
      CPPUNIT_ASSERT(finds("a"));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, questions());
    }
    answer({"a"});
  }

  void a_set_that_a_cache_has_kept_rests_for_so_much_less() {
    know({"a"});
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(finds("a"));
    answer_aged({"a"}, {seconds(600), std::nullopt});
    clock_.advance(auth::kMaxKeySetAge - seconds(600));
    check_reason(Reason::kKeySetUnavailable, "a");
    answer({"a"});
    CPPUNIT_ASSERT(finds("a"));
  }

  void finds_a_key_set_that_has_moved() {
    know({"a"});
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(finds("a"));
    auto question = http_.take();
    question.done(auth::HttpResponse{404, "not here"});
    question = http_.take();
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/.well-known/openid-configuration"),
                         question.url);
    question.done(auth::HttpResponse{
        200, R"({"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/moved"})"});
    clock_.advance(auth::kKeyRefreshRetry);
    CPPUNIT_ASSERT(finds("a"));
    question = http_.take();
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/moved"), question.url);
    question.done(auth::HttpResponse{200, set_of({"b"})});
    CPPUNIT_ASSERT(finds("b"));
  }

  void says_no_more_than_a_few_lines_of_keys_left_out() {
    know({"a"});
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(finds("a"));
    std::vector<std::string> keys{
        support::jwk_of(support::key_for(Algorithm::kEdDsa), R"(,"kid":"a")")};
    for (int i = 0; i < 1000; ++i) {
      keys.push_back(R"({"kty":"oct","k":"AAAA","kid":")" + std::to_string(i) + "\"}");
    }
    answer(200, support::jwk_set_of(keys));
    CPPUNIT_ASSERT(finds("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{11}, support::lines_with(log_->text(), "left out"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         support::lines_with(log_->text(), "left out: and 118 more"));
  }

  void tries_a_failed_question_again_after_thirty_seconds() {
    know({"a"});
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(finds("a"));
    answer(500, "");
    clock_.advance(auth::kKeyRefreshRetry - milliseconds(1));
    CPPUNIT_ASSERT(finds("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, questions());
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(finds("a"));
    answer({"a"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, questions());
    // Now all is well again.
    clock_.advance(auth::kKeyRefreshRetry);
    CPPUNIT_ASSERT(finds("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
    CPPUNIT_ASSERT(!finds("b"));
    answer({"a"});
    check_reason(Reason::kUnknownKey, "b");
  }

  void asks_for_nothing_while_nobody_uses_it() {
    know({"a"});
    clock_.advance(std::chrono::hours(24));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, questions());
  }

  void calls_back_when_the_question_has_been_answered() {
    std::vector<std::string> found;
    CPPUNIT_ASSERT(!finds("a"));
    for (const char* id : {"a", "b"}) {
      keys_->when_asked([&, id] { found.push_back(id + std::string(finds(id) ? " found" : "")); });
    }
    answer(200, kDiscovery);
    CPPUNIT_ASSERT(found.empty());
    answer({"a"});
    CPPUNIT_ASSERT((found == std::vector<std::string>{"a found", "b"}));
    // The second one has asked again; its question fails.
    keys_->when_asked([&] { found.push_back("failed"); });
    http_.answer(Reason::kTimedOut);
    CPPUNIT_ASSERT((found == std::vector<std::string>{"a found", "b", "failed"}));
  }

  void calls_back_at_once_where_nothing_is_being_asked() {
    int called = 0;
    keys_->when_asked([&] { ++called; });
    CPPUNIT_ASSERT_EQUAL(1, called);
    know({"a"});
    keys_->when_asked([&] { ++called; });
    CPPUNIT_ASSERT_EQUAL(2, called);
  }

  void warms_up_with_one_question() {
    keys_->warm_up();
    keys_->warm_up();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    answer(200, kDiscovery);
    answer({"a"});
    CPPUNIT_ASSERT(finds("a"));
    keys_->warm_up();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
  }

  // The address sanitizer sees what is used behind its end.
  void outlives_its_owner_while_a_question_is_under_way() {
    const std::weak_ptr<RemoteKeySet> watched = keys_;
    CPPUNIT_ASSERT(!finds("a"));
    keys_.reset();
    CPPUNIT_ASSERT(!watched.expired());
    answer(200, kDiscovery);
    CPPUNIT_ASSERT(!watched.expired());
    http_.shut_down();
    CPPUNIT_ASSERT(watched.expired());
  }

  void asks_no_more_once_the_client_has_ended() {
    check_reason(Reason::kKeySetUnavailable, "a");
    http_.shut_down();
    const std::size_t asked = http_.asked();
    clock_.advance(std::chrono::hours(1));
    check_reason(Reason::kKeySetUnavailable, "a");
    keys_->warm_up();
    CPPUNIT_ASSERT_EQUAL(asked, http_.asked());
  }

  void tells_the_operator_of_failures_and_of_keys_left_out() {
    CPPUNIT_ASSERT(!finds("a"));
    http_.answer(Reason::kUnreachable);
    CPPUNIT_ASSERT_EQUAL(
        std::string("warn: ZITADEL's key set cannot be had: ZITADEL cannot be reached\n"),
        log_->text());
    clock_.advance(auth::kMinKeyRefreshInterval);
    CPPUNIT_ASSERT(!finds("a"));
    answer(200, kDiscovery);
    const std::string body = support::jwk_set_of(
        {support::jwk_of(support::rsa_key(), R"(,"kid":"a")"), R"({"kty":"oct","kid":"b"})"});
    answer(200, body);
    const std::string line = "ZITADEL's key set, left out: key b: its type is not RSA, EC or OKP";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log_->text(), std::size_t{1},
                                 support::lines_with(log_->text(), line));
    clock_.advance(auth::kKeyRefreshInterval);
    CPPUNIT_ASSERT(finds("a"));
    answer(200, body);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("said again", std::size_t{1},
                                 support::lines_with(log_->text(), line));
  }

  void serves_several_threads_at_once() {
    know({"a"});
    std::atomic<int> found{0};
    std::atomic<int> called_back{0};
    std::atomic<int> running{4};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 500; ++round) {
          if (keys_->find("a")) ++found;
          if (keys_->find(std::to_string(i * 1000 + round))) ++found;
          keys_->when_asked([&] { ++called_back; });
          clock_.advance(milliseconds(100));
        }
        --running;
      });
    }
    while (running > 0) {
      if (http_.waiting() > 0) answer({"a"});
      std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    if (http_.waiting() > 0) answer({"a"});
    CPPUNIT_ASSERT_EQUAL(4 * 500, found.load());
    CPPUNIT_ASSERT_EQUAL(4 * 500, called_back.load());
    // 200 seconds have passed.
    CPPUNIT_ASSERT(questions() <= 201);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RemoteKeySetTest);

}  // namespace
