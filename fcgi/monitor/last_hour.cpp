// SPDX-License-Identifier: Apache-2.0
#include "fcgi/monitor/last_hour.h"

#include <array>
#include <cstddef>
#include <initializer_list>

#include "fcgi/monitor/names.h"

namespace fcgi {
namespace {

using auth::Counter;
using Counts = auth::Metrics::Counts;

constexpr std::int64_t kMinute = 60;  // seconds
constexpr std::uint64_t kHour = 60;   // minutes
constexpr double kNano = 1e9;

// The counts between two readings. Numbers that somebody wrote into the file may run backwards.
class Difference {
 public:
  Difference(const Counts& before, const Counts& after) : before_(before), after_(after) {}

  [[nodiscard]] std::uint64_t of(Counter first, std::size_t place = 0) const {
    const std::size_t at = static_cast<std::size_t>(first) + place;
    return after_[at] > before_[at] ? after_[at] - before_[at] : 0;
  }
  [[nodiscard]] std::uint64_t sum(std::initializer_list<Counter> counters) const {
    std::uint64_t all = 0;
    for (const Counter each : counters) all += of(each);
    return all;
  }
  [[nodiscard]] std::uint64_t decided(Outcome outcome) const {
    const auto place = static_cast<std::size_t>(outcome);
    return of(Counter::kDecisionsOfResponder, place) + of(Counter::kDecisionsOfAuthorizer, place);
  }
  // Returns the upper end of the bucket that contains that quantile, in seconds; nullopt if there
  // was no request.
  [[nodiscard]] std::optional<double> quantile(double share) const {
    constexpr std::size_t kOfBoth = 2;  // responder and authorizer, which come first
    std::array<std::uint64_t, auth::kBucketPlaces> counts{};
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kOfBoth * auth::kBucketPlaces; ++i) {
      counts[i % auth::kBucketPlaces] += of(Counter::kObserved, i);
      all += of(Counter::kObserved, i);
    }
    if (all == 0) return std::nullopt;
    std::uint64_t reached = 0;
    std::size_t place = 0;
    while (place + 1 < auth::kBuckets.size() &&
           static_cast<double>(reached += counts[place]) < share * static_cast<double>(all)) {
      ++place;
    }
    return static_cast<double>(auth::kBuckets[place].count()) / kNano;
  }

 private:
  const Counts& before_;
  const Counts& after_;
};

MinutePast past(std::uint64_t minute, const Difference& counted) {
  MinutePast past{.time = static_cast<std::int64_t>(minute) * kMinute};
  past.allowed = counted.decided(Outcome::kAllowed);
  for (const Outcome each :
       {Outcome::kUnauthenticated, Outcome::kForbidden, Outcome::kBadRequest, Outcome::kTooMany}) {
    past.refused += counted.decided(each);
  }
  past.unavailable = counted.decided(Outcome::kUnavailable);
  past.known = counted.sum({Counter::kFound, Counter::kFoundRefused, Counter::kJudgedHere});
  past.lookups = past.known + counted.sum({Counter::kFoundRunOut, Counter::kFoundNothing});
  past.answers = counted.sum({Counter::kIntrospectionActive, Counter::kIntrospectionInactive});
  past.failures =
      counted.sum({Counter::kIntrospectionUnreachable, Counter::kIntrospectionTimedOut,
                   Counter::kIntrospectionRateLimited, Counter::kIntrospectionServerError,
                   Counter::kIntrospectionRefused, Counter::kIntrospectionOther});
  past.p50 = counted.quantile(0.5);
  past.p95 = counted.quantile(0.95);
  return past;
}

bool is_empty(const MinutePast& past) {
  return past.allowed + past.refused + past.unavailable + past.lookups + past.answers +
             past.failures ==
         0;
}

}  // namespace

// A minute that was not recorded had no request: what came between two records belongs to the
// first.
std::vector<MinutePast> last_hour(const auth::Metrics::Seen& seen, std::chrono::microseconds now) {
  const auto this_minute =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::minutes>(now).count());
  std::vector<MinutePast> found;
  for (std::size_t i = 0; i < seen.minutes.size(); ++i) {
    const auto& [minute, before] = seen.minutes[i];
    if (minute + kHour <= this_minute || minute > this_minute) continue;
    const Counts& after = i + 1 < seen.minutes.size() ? seen.minutes[i + 1].counts : seen.counts;
    MinutePast each = past(minute, Difference(before, after));
    if (!is_empty(each)) found.push_back(each);
  }
  return found;
}

}  // namespace fcgi
