// SPDX-License-Identifier: Apache-2.0
#include "fcgi/monitor/exposition.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/process_facts.h"
#include "auth/base/version.h"
#include "fcgi/monitor/names.h"

namespace fcgi {
namespace {

using auth::Counter;
using auth::Fact;
using auth::Gauge;
using auth::Histogram;
using std::chrono::microseconds;

constexpr double kMicro = 1e6, kNano = 1e9;

std::string text_of(double value) {
  std::array<char, 32> text{};
  const auto [end, code] = std::to_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() ? std::string(text.data(), end) : "NaN";
}

// A label's name and value; both are fixed words or numbers, so there is nothing to escape.
using Label = std::pair<std::string_view, std::string_view>;

class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    text_.append(name).append(" ").append(type).append("\n");
  }
  void sample(std::initializer_list<Label> labels, const std::string& value,
              std::string_view suffix = {}) {
    text_.append(name_).append(suffix);
    char before = '{';
    for (const auto& [label, of] : labels) {
      text_.append(1, before).append(label).append("=\"").append(of).append("\"");
      before = ',';
    }
    if (before == ',') text_.append("}");
    text_.append(" ").append(value).append("\n");
  }
  void sample(std::initializer_list<Label> labels, std::uint64_t value) {
    sample(labels, std::to_string(value));
  }
  void alone(std::string_view name, std::string_view type, std::string_view help,
             const std::string& value) {
    family(name, type, help);
    sample({}, value);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string_view name_{};
  std::string text_{};
};

struct Look {
  const auth::Metrics::Seen& seen;
  const About& about;
  microseconds now;

  [[nodiscard]] std::uint64_t count(Counter first, std::size_t place = 0) const {
    return seen.counts[static_cast<std::size_t>(first) + place];
  }
  [[nodiscard]] std::uint64_t sum(Gauge gauge) const {
    std::uint64_t all = 0;
    for (const auto& each : seen.processes) all += each.gauges[static_cast<std::size_t>(gauge)];
    return all;
  }
  [[nodiscard]] std::int64_t fact(Fact fact) const {
    return seen.facts[static_cast<std::size_t>(fact)];
  }
};

void histogram(Page& page, const Look& look, Histogram which,
               std::optional<std::string_view> role) {
  const auto place = static_cast<std::size_t>(which);
  const auto sample = [&](std::string_view suffix, std::string_view end, const std::string& value) {
    if (role && !end.empty()) return page.sample({{"role", *role}, {"le", end}}, value, suffix);
    if (role) return page.sample({{"role", *role}}, value, suffix);
    end.empty() ? page.sample({}, value, suffix) : page.sample({{"le", end}}, value, suffix);
  };
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < auth::kBucketPlaces; ++i) {
    all += look.count(Counter::kObserved, place * auth::kBucketPlaces + i);
    const std::string end = i < auth::kBuckets.size()
                                ? text_of(static_cast<double>(auth::kBuckets[i].count()) / kNano)
                                : "+Inf";
    sample("_bucket", end, std::to_string(all));
  }
  const auto took = static_cast<double>(look.count(Counter::kNanoseconds, place));
  sample("_sum", {}, text_of(took / kNano));
  sample("_count", {}, std::to_string(all));
}

void decisions(Page& page, const Look& look) {
  page.family("zitadel_fcgi_requests_total", "counter",
              "Requests, by the role in which the web server asked and by what became of them.");
  for (const auto& [role, first] :
       {std::pair<std::string_view, Counter>("responder", Counter::kDecisionsOfResponder),
        std::pair<std::string_view, Counter>("authorizer", Counter::kDecisionsOfAuthorizer)}) {
    for (std::size_t i = 0; i < auth::kDecisions; ++i) {
      page.sample({{"role", role}, {"decision", name_of(static_cast<Outcome>(i))}},
                  look.count(first, i));
    }
  }
  page.family("zitadel_fcgi_refusals_total", "counter",
              "Requests that were refused, by reason; rule: no token could have helped.");
  for (std::size_t i = 0; i < auth::kReasonPlaces; ++i) {
    page.sample({{"reason", reason_name(i)}}, look.count(Counter::kRefusals, i));
  }
  page.family("zitadel_fcgi_request_duration_seconds", "histogram",
              "Time from the request to the decision about it.");
  histogram(page, look, Histogram::kResponder, "responder");
  histogram(page, look, Histogram::kAuthorizer, "authorizer");
}

struct Row {
  Label label;
  Counter counter;
};

void rows(Page& page, const Look& look, std::initializer_list<Row> all) {
  for (const Row& each : all) page.sample({each.label}, look.count(each.counter));
}

void cache(Page& page, const Look& look) {
  page.family("zitadel_fcgi_cache_lookups_total", "counter",
              "Look-ups of tokens, in this program's memory or in the shared store.");
  const auto lookup = [&](std::string_view where, std::string_view result, Counter counter) {
    page.sample({{"cache", where}, {"result", result}}, look.count(counter));
  };
  lookup("memory", "hit", Counter::kFound);
  lookup("memory", "refused", Counter::kFoundRefused);
  lookup("memory", "run_out", Counter::kFoundRunOut);
  lookup("memory", "miss", Counter::kFoundNothing);
  lookup("memory", "judged", Counter::kJudgedHere);
  lookup("shared", "hit", Counter::kSharedFound);
  lookup("shared", "miss", Counter::kSharedNothing);
  page.family("zitadel_fcgi_cache_entries", "gauge", "Tokens that are known in memory.");
  page.sample({{"kind", "answer"}}, look.sum(Gauge::kAnswers));
  page.sample({{"kind", "refusal"}}, look.sum(Gauge::kRefusals));
  page.family("zitadel_fcgi_cache_bytes", "gauge", "Memory that known tokens take.");
  page.sample({{"kind", "answer"}}, look.sum(Gauge::kAnswerBytes));
  page.sample({{"kind", "refusal"}}, look.sum(Gauge::kRefusalBytes));
  page.family("zitadel_fcgi_cache_evictions_total", "counter",
              "Known tokens that were forgotten early, for want of room.");
  rows(page, look,
       {{{"kind", "answer"}, Counter::kEvictedAnswers},
        {{"kind", "refusal"}, Counter::kEvictedRefusals}});
  page.alone("zitadel_fcgi_store_failing", "gauge", "Processes whose shared store is out of order.",
             std::to_string(look.sum(Gauge::kStoreFails)));
}

void questions(Page& page, const Look& look) {
  page.alone("zitadel_fcgi_parked_requests", "gauge", "Requests that wait for ZITADEL.",
             std::to_string(look.sum(Gauge::kParked)));
  page.family("zitadel_fcgi_introspections_total", "counter",
              "Questions to ZITADEL about tokens, by what came of them.");
  rows(page, look,
       {{{"result", "active"}, Counter::kIntrospectionActive},
        {{"result", "inactive"}, Counter::kIntrospectionInactive},
        {{"result", "unreachable"}, Counter::kIntrospectionUnreachable},
        {{"result", "timed_out"}, Counter::kIntrospectionTimedOut},
        {{"result", "rate_limited"}, Counter::kIntrospectionRateLimited},
        {{"result", "server_error"}, Counter::kIntrospectionServerError},
        {{"result", "refused"}, Counter::kIntrospectionRefused},
        {{"result", "other"}, Counter::kIntrospectionOther}});
  page.family("zitadel_fcgi_introspection_duration_seconds", "histogram",
              "Time from a question to ZITADEL to its answer.");
  histogram(page, look, Histogram::kIntrospection, std::nullopt);
  page.alone("zitadel_fcgi_introspections_in_flight", "gauge",
             "Questions to ZITADEL that are under way.",
             std::to_string(look.sum(Gauge::kInFlight)));
  page.family("zitadel_fcgi_queued_questions", "gauge",
              "Questions that wait for their turn; known: of tokens that were good before.");
  page.sample({{"class", "known"}}, look.sum(Gauge::kQueuedKnown));
  page.sample({{"class", "new"}}, look.sum(Gauge::kQueuedNew));
  page.alone("zitadel_fcgi_breaker_open", "gauge",
             "Processes that ask ZITADEL only once a second, for it is away.",
             std::to_string(look.sum(Gauge::kBreakerOpen)));
  page.alone("zitadel_fcgi_breaker_openings_total", "counter",
             "How often a process has found ZITADEL away.",
             std::to_string(look.count(Counter::kBreakerOpened)));
}

// Families that may have no value.
void since(Page& page, const Look& look, std::string_view name, std::string_view help, Fact fact) {
  const std::int64_t at = look.fact(fact);
  if (at == 0) return;
  const double passed = static_cast<double>(look.now.count()) - static_cast<double>(at);
  page.alone(name, "gauge", help, text_of(passed / kMicro));
}

void time_of(Page& page, const Look& look, std::string_view name, std::string_view help,
             Fact fact) {
  const std::int64_t at = look.fact(fact);
  if (at != 0) page.alone(name, "gauge", help, text_of(static_cast<double>(at) / kMicro));
}

void zitadel(Page& page, const Look& look) {
  time_of(page, look, "zitadel_fcgi_last_answer_timestamp_seconds",
          "When ZITADEL last answered a question about a token.", Fact::kAnsweredAt);
  time_of(page, look, "zitadel_fcgi_last_failure_timestamp_seconds",
          "When a question to ZITADEL last failed.", Fact::kFailedAt);
  page.alone("zitadel_fcgi_purges_total", "counter",
             "Things that events of ZITADEL have ended: tokens, sessions, users, roles.",
             std::to_string(look.count(Counter::kPurges)));
  page.family("zitadel_fcgi_event_polls_total", "counter", "Questions to ZITADEL for its events.");
  rows(page, look,
       {{{"result", "complete"}, Counter::kFeedPolled},
        {{"result", "failed"}, Counter::kFeedFailed}});
  since(page, look, "zitadel_fcgi_events_delay_seconds", "How long ago all events were known last.",
        Fact::kEventsCompleteAt);
  time_of(page, look, "zitadel_fcgi_events_position_timestamp_seconds",
          "Time of the newest event that was read.", Fact::kEventsPosition);
  if (look.fact(Fact::kClockComparedAt) != 0) {
    page.alone("zitadel_fcgi_clock_offset_seconds", "gauge",
               "How far this machine's clock is ahead of ZITADEL's, to a second or so.",
               text_of(static_cast<double>(look.fact(Fact::kClockAhead)) / kMicro));
  }
  since(page, look, "zitadel_fcgi_key_set_age_seconds", "Age of ZITADEL's key set.",
        Fact::kKeySetAt);
  page.family("zitadel_fcgi_key_set_refreshes_total", "counter",
              "Questions to ZITADEL for its key set.");
  rows(
      page, look,
      {{{"result", "read"}, Counter::kKeySetRead}, {{"result", "failed"}, Counter::kKeySetFailed}});
}

void program(Page& page, const Look& look) {
  page.family("zitadel_fcgi_build_info", "gauge", "The version, in a label; always 1.");
  page.sample({{"version", ZITADEL_FCGI_VERSION}}, 1);
  page.alone("zitadel_fcgi_counters_shared", "gauge",
             "1: all processes of the machine count together. 0: ZITADEL_CACHE_DIR cannot be had, "
             "and these are the numbers of one process.",
             look.seen.is_shared ? "1" : "0");
  std::set<std::int32_t> pids;
  for (const auto& each : look.seen.processes) pids.insert(each.pid);
  page.alone("zitadel_fcgi_processes", "gauge", "Processes that live.",
             std::to_string(pids.size()));
  page.family("zitadel_fcgi_rules_reloads_total", "counter",
              "Changed files of rules; failed: the rules before stay.");
  rows(page, look,
       {{{"result", "read"}, Counter::kRulesRead}, {{"result", "failed"}, Counter::kRulesFailed}});
  page.family("zitadel_fcgi_settings_reloads_total", "counter",
              "Settings that were read again; failed: the settings before stay.");
  rows(page, look,
       {{{"result", "read"}, Counter::kSettingsRead},
        {{"result", "failed"}, Counter::kSettingsFailed}});
  page.alone("zitadel_fcgi_report_mode", "gauge",
             "1: ZITADEL_MODE=report, the rules refuse nobody, and requests that are counted as "
             "refused have gone on.",
             look.about.only_reports ? "1" : "0");
  if (look.about.key_expires) {
    page.alone("zitadel_fcgi_key_expiry_timestamp_seconds", "gauge",
               "When this API's own key expires, as its file says.",
               std::to_string(look.about.key_expires->time_since_epoch().count()));
  }
}

// process: the place of a process among those of the machine, which another one takes when it has
// ended. So rates are right, and there are never more than auth::kPlaces + 1.
void processes(Page& page, const Look& look) {
  struct Known {
    std::string place;
    auth::ProcessFacts facts;
    std::uint64_t descriptors;
  };
  std::vector<Known> all;
  std::set<std::int32_t> pids;
  for (const auto& each : look.seen.processes) {
    const auto facts = auth::facts_of_process(each.pid);
    if (!facts || !pids.insert(each.pid).second) continue;
    all.push_back({std::to_string(each.place), *facts,
                   each.gauges[static_cast<std::size_t>(Gauge::kDescriptors)]});
  }
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help,
                          auto value) {
    page.family(name, type, help);
    for (const Known& each : all) page.sample({{"process", each.place}}, value(each));
  };
  family("process_cpu_seconds_total", "counter", "Processor time, in user and system mode.",
         [](const Known& each) {
           return text_of(static_cast<double>(each.facts.cpu.count()) / kMicro);
         });
  family("process_start_time_seconds", "gauge", "When the process was started.",
         [](const Known& each) {
           return text_of(static_cast<double>(each.facts.started_at.count()) / kMicro);
         });
  family("process_resident_memory_bytes", "gauge", "Resident memory.",
         [](const Known& each) { return std::to_string(each.facts.resident_bytes); });
  family("process_threads", "gauge", "Threads.",
         [](const Known& each) { return std::to_string(each.facts.threads); });
  page.family("process_open_fds", "gauge",
              "Open descriptors, as the process last counted them: when it was asked for metrics.");
  for (const Known& each : all) {
    if (each.descriptors > 0) page.sample({{"process", each.place}}, each.descriptors);
  }
}

}  // namespace

std::string exposition_of(const auth::Metrics::Seen& seen, const About& about,
                          auth::WallMicroseconds now) {
  const Look look{seen, about, now.time_since_epoch()};
  Page page;
  program(page, look);
  decisions(page, look);
  cache(page, look);
  questions(page, look);
  zitadel(page, look);
  processes(page, look);
  return page.take();
}

}  // namespace fcgi
