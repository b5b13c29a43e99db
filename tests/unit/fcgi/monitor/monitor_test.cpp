// SPDX-License-Identifier: Apache-2.0
// What is shown of the numbers, whatever these are.
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <limits>
#include <regex>
#include <set>
#include <string>

#include "auth/base/json.h"
#include "fcgi/monitor/exposition.h"
#include "fcgi/monitor/health.h"
#include "fcgi/monitor/last_hour.h"
#include "fcgi/monitor/names.h"
#include "fcgi/monitor/status_page.h"

namespace {

using auth::Counter;
using auth::Metrics;
using fcgi::Outcome;
using namespace std::chrono_literals;

constexpr auth::WallMicroseconds kNow{1'800'000'000s};
constexpr std::uint64_t kThisMinute = 30'000'000;

class MonitorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MonitorTest);
  CPPUNIT_TEST(each_outcome_and_reason_has_a_name_of_its_own);
  CPPUNIT_TEST(statuses_become_outcomes);
  CPPUNIT_TEST(histograms_add_up);
  CPPUNIT_TEST(any_numbers_make_a_sound_text);
  CPPUNIT_TEST(any_numbers_make_a_sound_page);
  CPPUNIT_TEST(a_minute_has_what_came_up_to_the_next_one_that_is_noted);
  CPPUNIT_TEST(what_is_older_than_an_hour_or_in_the_future_is_left_out);
  CPPUNIT_TEST(numbers_that_run_backwards_count_as_none);
  CPPUNIT_TEST(readiness_needs_zitadel_or_a_grace_and_the_store);
  CPPUNIT_TEST(the_key_that_runs_out_is_told);
  CPPUNIT_TEST_SUITE_END();

  static void count(Metrics::Counts& counts, Counter first, std::size_t place, std::uint64_t by) {
    counts[static_cast<std::size_t>(first) + place] += by;
  }
  static void allow(Metrics::Counts& counts, std::uint64_t by) {
    count(counts, Counter::kDecisionsOfResponder, static_cast<std::size_t>(Outcome::kAllowed), by);
  }

  void each_outcome_and_reason_has_a_name_of_its_own() {
    const std::regex sound("[a-z][a-z0-9_]*");
    std::set<std::string> names;
    for (std::size_t i = 0; i < auth::kReasonPlaces; ++i) {
      const std::string name(fcgi::reason_name(i));
      CPPUNIT_ASSERT_MESSAGE(name, std::regex_match(name, sound) && names.insert(name).second);
    }
    CPPUNIT_ASSERT_EQUAL(std::string_view("rule"), fcgi::reason_name(auth::kNoReason));
    CPPUNIT_ASSERT_EQUAL(std::string_view("revoked"),
                         fcgi::reason_name(static_cast<std::size_t>(auth::Reason::kRevoked)));
    names.clear();
    for (std::size_t i = 0; i < auth::kDecisions; ++i) {
      names.insert(std::string(name_of(static_cast<Outcome>(i))));
    }
    CPPUNIT_ASSERT_EQUAL(auth::kDecisions, names.size());
  }

  void statuses_become_outcomes() {
    CPPUNIT_ASSERT(fcgi::outcome_of(200) == Outcome::kAllowed);
    CPPUNIT_ASSERT(fcgi::outcome_of(400) == Outcome::kBadRequest);
    CPPUNIT_ASSERT(fcgi::outcome_of(401) == Outcome::kUnauthenticated);
    CPPUNIT_ASSERT(fcgi::outcome_of(403) == Outcome::kForbidden);
    CPPUNIT_ASSERT(fcgi::outcome_of(405) == Outcome::kForbidden);
    CPPUNIT_ASSERT(fcgi::outcome_of(429) == Outcome::kTooMany);
    CPPUNIT_ASSERT(fcgi::outcome_of(503) == Outcome::kUnavailable);
  }

  void histograms_add_up() {
    Metrics metrics;
    metrics.observe(auth::Histogram::kIntrospection, 20us);
    metrics.observe(auth::Histogram::kIntrospection, 3ms);
    metrics.observe(auth::Histogram::kIntrospection, 1h);
    const std::string text = fcgi::exposition_of(metrics.look(), {}, kNow);
    const std::string name = "\nzitadel_fcgi_introspection_duration_seconds_";
    for (const char* line :
         {"bucket{le=\"2.5e-05\"} 1\n", "bucket{le=\"0.0025\"} 1\n", "bucket{le=\"0.005\"} 2\n",
          "bucket{le=\"10\"} 2\n", "bucket{le=\"+Inf\"} 3\n", "sum 3600.00302\n", "count 3\n"}) {
      CPPUNIT_ASSERT_MESSAGE(line, text.find(name + line) != std::string::npos);
    }
  }

  // As somebody might have written them into the file.
  static Metrics::Seen all(std::uint64_t value) {
    Metrics::Seen seen;
    seen.counts.fill(value);
    seen.facts.fill(static_cast<std::int64_t>(value));
    seen.refused.fill(static_cast<std::int64_t>(value));
    seen.processes.push_back({.place = 0, .pid = static_cast<std::int32_t>(value)});
    seen.processes.front().gauges.fill(value);
    seen.minutes.push_back({.minute = kThisMinute - 1});
    seen.minutes.push_back({.minute = kThisMinute});
    seen.minutes.front().counts.fill(value);
    return seen;
  }

  static constexpr std::uint64_t kAny[] = {0, 1, std::numeric_limits<std::int64_t>::max(),
                                           std::uint64_t{1} << 63,
                                           std::numeric_limits<std::uint64_t>::max()};

  void any_numbers_make_a_sound_text() {
    const std::regex line(
        R"((# (HELP|TYPE) [a-z_]+ .+)|([a-z_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? -?[0-9.e+-]+))");
    for (const std::uint64_t value : kAny) {
      const std::string text =
          fcgi::exposition_of(all(value), {.key_expires = auth::WallTime(1s)}, kNow);
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        CPPUNIT_ASSERT(end != text.npos);
        const std::string each = text.substr(begin, end - begin);
        CPPUNIT_ASSERT_MESSAGE(each, std::regex_match(each, line));
        begin = end + 1;
      }
    }
  }

  void any_numbers_make_a_sound_page() {
    for (const std::uint64_t value : kAny) {
      const auto json = auth::Json::parse(fcgi::status_json(all(value), {}, kNow));
      CPPUNIT_ASSERT(json.has_value());
      const fcgi::Response page = fcgi::status_page(all(value), {}, kNow);
      CPPUNIT_ASSERT_EQUAL(200, page.status);
      for (const char* mark : {"@TIME@", "@NOW@", "@REFUSALS@", "@HOUR@"}) {
        CPPUNIT_ASSERT_MESSAGE(mark, page.body.find(mark) == std::string::npos);
      }
      const std::string* const policy = page.header("content-security-policy");
      CPPUNIT_ASSERT(policy != nullptr);
      CPPUNIT_ASSERT(policy->find("script-src 'sha256-") != std::string::npos);
    }
  }

  void a_minute_has_what_came_up_to_the_next_one_that_is_noted() {
    Metrics::Seen seen;
    Metrics::Counts counts{};
    allow(counts, 10);
    seen.minutes.push_back({kThisMinute - 30, counts});
    allow(counts, 5);
    seen.minutes.push_back({kThisMinute - 2, counts});
    seen.minutes.push_back({kThisMinute - 1, counts});
    allow(counts, 7);
    seen.counts = counts;
    const auto past = fcgi::last_hour(seen, kNow.time_since_epoch());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, past.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, past[0].allowed);
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(kThisMinute - 30) * 60, past[0].time);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, past[1].allowed);
    CPPUNIT_ASSERT(!past[1].p50);
  }

  void what_is_older_than_an_hour_or_in_the_future_is_left_out() {
    Metrics::Seen seen;
    for (const std::uint64_t minute : {kThisMinute - 60, kThisMinute - 59, kThisMinute + 1}) {
      seen.minutes.push_back({minute, {}});
      allow(seen.minutes.back().counts, minute);
    }
    seen.counts = seen.minutes.back().counts;
    allow(seen.counts, 1);
    const auto past = fcgi::last_hour(seen, kNow.time_since_epoch());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, past.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{60}, past[0].allowed);
  }

  void numbers_that_run_backwards_count_as_none() {
    Metrics::Seen seen;
    seen.minutes.push_back({kThisMinute, {}});
    seen.minutes.back().counts.fill(100);
    allow(seen.counts, 3);
    CPPUNIT_ASSERT(fcgi::last_hour(seen, kNow.time_since_epoch()).empty());
  }

  void readiness_needs_zitadel_or_a_grace_and_the_store() {
    for (const bool knows : {false, true}) {
      for (const bool grace : {false, true}) {
        for (const bool store : {false, true}) {
          const int status = fcgi::readiness({knows, grace, store}).status;
          CPPUNIT_ASSERT_EQUAL((knows || grace) && store ? 200 : 503, status);
        }
      }
    }
  }

  void the_key_that_runs_out_is_told() {
    const auto page = [](std::chrono::seconds left) {
      const auto at = std::chrono::floor<std::chrono::seconds>(kNow) + left;
      return fcgi::status_page({}, {.key_expires = at}, kNow).body;
    };
    CPPUNIT_ASSERT(page(-1s).find("class=\"bad\">expired: 2027-01-15 07:59:59 UTC<") !=
                   std::string::npos);
    CPPUNIT_ASSERT(page(20 * 24h).find("class=\"refused\">expires ") != std::string::npos);
    CPPUNIT_ASSERT(page(90 * 24h).find(", in 90 days<") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MonitorTest);

}  // namespace
