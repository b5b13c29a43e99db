// SPDX-License-Identifier: Apache-2.0
// MetricsRoom: the layout of the memory in which metrics are counted, also when it is a file.
//
// Nothing in it tells a size or a place, so it does no harm whatever somebody writes into it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "auth/base/result.h"

namespace auth {

// Version of the file. Raise it when anything below changes its place or meaning.
inline constexpr std::uint64_t kMetricsVersion = 1;

constexpr std::size_t kReasonPlaces = static_cast<std::size_t>(Reason::kInternal) + 2;
// A refusal by a rule or by the form of the request, for which there is no Reason.
constexpr std::size_t kNoReason = kReasonPlaces - 1;

// Upper bounds of a histogram's buckets. After the last one there is one more without a bound.
constexpr std::array<std::chrono::nanoseconds, 16> kBuckets = [] {
  using std::chrono::microseconds;
  return std::array<std::chrono::nanoseconds, 16>{
      microseconds(25),        microseconds(100),      microseconds(250),
      microseconds(1'000),     microseconds(2'500),    microseconds(5'000),
      microseconds(10'000),    microseconds(25'000),   microseconds(50'000),
      microseconds(100'000),   microseconds(250'000),  microseconds(500'000),
      microseconds(1000'000),  microseconds(2500'000), microseconds(5000'000),
      microseconds(10'000'000)};
}();
constexpr std::size_t kBucketPlaces = kBuckets.size() + 1;

enum class Histogram : std::uint8_t { kResponder, kAuthorizer, kIntrospection };
constexpr std::size_t kHistograms = 3;

constexpr std::size_t kDecisions = 8;  // fcgi/monitor/names.h

// Some are the first of a group of counters, which extends to the next enumerator.
enum class Counter : std::size_t {
  kDecisionsOfResponder = 0,
  kDecisionsOfAuthorizer = kDecisionsOfResponder + kDecisions,
  kRefusals = kDecisionsOfAuthorizer + kDecisions,
  kObserved = kRefusals + kReasonPlaces,
  kNanoseconds = kObserved + kHistograms * kBucketPlaces,
  kFound = kNanoseconds + kHistograms,  // lookups in memory
  kFoundRefused,
  kFoundRunOut,
  kFoundNothing,
  kJudgedHere,
  kSharedFound,
  kSharedNothing,
  kEvictedAnswers,
  kEvictedRefusals,
  kIntrospectionActive,
  kIntrospectionInactive,
  kIntrospectionUnreachable,
  kIntrospectionTimedOut,
  kIntrospectionRateLimited,
  kIntrospectionServerError,
  kIntrospectionRefused,
  kIntrospectionOther,
  kBreakerOpened,
  kPurges,
  kFeedPolled,
  kFeedFailed,
  kKeySetRead,
  kKeySetFailed,
  kRulesRead,
  kRulesFailed,
  kSettingsRead,
  kSettingsFailed,
  kEnd
};
constexpr auto kCounters = static_cast<std::size_t>(Counter::kEnd);

// Values of one process.
enum class Gauge : std::uint8_t {
  kParked,
  kInFlight,
  kQueuedKnown,
  kQueuedNew,
  kAnswers,
  kAnswerBytes,
  kRefusals,
  kRefusalBytes,
  kBreakerOpen,
  kDiscovered,
  kStoreFails,
  kDescriptors,
  kEnd
};
constexpr auto kGauges = static_cast<std::size_t>(Gauge::kEnd);

// Facts about the machine, in microseconds; times are counted since the epoch.
enum class Fact : std::uint8_t {
  kAnsweredAt,  // when ZITADEL last answered a question about a token
  kFailedAt,    // when a question to ZITADEL last failed
  kKeySetAt,    // when ZITADEL last sent it
  kClockAhead,  // by how much this machine's is ahead of ZITADEL's, as far as its dates show
  kClockComparedAt,
  kEventsCompleteAt,
  kEventsPosition,
  kEnd
};
constexpr auto kFacts = static_cast<std::size_t>(Fact::kEnd);

constexpr std::size_t kPlaces = 64;   // for processes; those beyond have no gauges
constexpr std::size_t kMinutes = 64;  // of the past

struct MetricsRoom {
  using Number = std::atomic<std::uint64_t>;
  using Signed = std::atomic<std::int64_t>;

  struct Place {
    Number owner;  // 0: free; low half: a process id; high half: when that process was started
    std::array<Number, kGauges> gauges;
  };
  struct Minute {
    Number minute;
    std::array<Number, kCounters> counters;
  };

  Number magic;
  Number layout;  // kMetricsVersion, and the size
  std::array<Number, kCounters> counters;
  std::array<Signed, kFacts> facts;
  std::array<Signed, kReasonPlaces> refused;  // the last time, in seconds since the epoch
  std::array<Place, kPlaces> places;
  Number minute;  // the last one of which a copy is kept
  std::array<Minute, kMinutes> minutes;
};
static_assert(MetricsRoom::Number::is_always_lock_free && sizeof(MetricsRoom::Number) == 8);

// A multiple of the page size, however large a page is.
constexpr std::size_t kMetricsPage = 64 << 10;
constexpr std::size_t kMetricsBytes =
    (sizeof(MetricsRoom) + kMetricsPage - 1) / kMetricsPage * kMetricsPage;

}  // namespace auth
