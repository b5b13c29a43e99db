// SPDX-License-Identifier: Apache-2.0
#include "fcgi/monitor/status_page.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/base64.h"
#include "auth/base/json.h"
#include "auth/base/timestamp.h"
#include "auth/base/version.h"
#include "fcgi/monitor/last_hour.h"
#include "fcgi/monitor/names.h"
#include "fcgi/monitor/status_html.h"

namespace fcgi {
namespace {

using auth::Counter;
using auth::Fact;
using auth::Gauge;
using std::chrono::microseconds;

constexpr double kMicro = 1e6;
constexpr std::size_t kMostRefusals = 10;

// A label, its value and how good that is: "good", "refused" (worth a check), "bad" or nothing.
struct Row {
  std::string_view label;
  std::string value;
  std::string_view style{};
};
using Cells = std::vector<std::string>;

struct Status {
  std::string time{};
  std::vector<Row> now{};
  std::vector<Cells> refusals{};
  std::vector<Cells> hour{};
  std::vector<MinutePast> minutes{};
  std::int64_t last_minute = 0;
};

std::string number(double value, int digits = 2) {
  std::array<char, 48> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<std::size_t>(std::clamp(size, 0, 47))};
}

std::string seconds(std::optional<double> value) {
  if (!value) return "–";
  if (*value >= 1) return number(*value, 1) + " s";
  return *value >= 1e-3 ? number(*value * 1e3, 1) + " ms" : number(*value * 1e6, 0) + " µs";
}

std::string share(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return "–";
  return number(100.0 * static_cast<double>(part) / static_cast<double>(all), 1) + " %";
}

// Returns "2029-04-01 08:45:00", whatever somebody has written into the file.
std::string date(std::int64_t at) {
  constexpr std::int64_t kLast = 253'402'300'799;  // of the year 9999
  const std::string text = auth::to_timestamp(
      auth::WallTime(std::chrono::seconds(std::clamp<std::int64_t>(at, 0, kLast))));
  return text.substr(0, 10) + ' ' + text.substr(11, 8);
}

std::string ago(double since) {
  constexpr double kMinute = 60, kHour = 3600;
  if (since < 2 * kMinute) return number(std::max(since, 0.0), 0) + " s ago";
  if (since < 2 * kHour) return number(since / kMinute, 0) + " min ago";
  return number(since / kHour, 0) + " h ago";
}

// Makes the rows from the metrics.
class Maker {
 public:
  Maker(const auth::Metrics::Seen& seen, const About& about, auth::WallMicroseconds now)
      : seen_(seen), about_(about), now_(now.time_since_epoch()) {}

  [[nodiscard]] Status make();

 private:
  void add(std::string_view label, std::string value, std::string_view style = {}) {
    status_.now.push_back({label, std::move(value), style});
  }
  void add_zitadel();
  void add_load();
  void add_cache();
  void add_events();
  void add_clock();
  void add_key();
  void add_program();
  void add_refusals();
  void add_hour();

  [[nodiscard]] std::uint64_t count(Counter counter) const {
    return seen_.counts[static_cast<std::size_t>(counter)];
  }
  [[nodiscard]] std::uint64_t sum(Gauge gauge) const {
    std::uint64_t all = 0;
    for (const auto& each : seen_.processes) all += each.gauges[static_cast<std::size_t>(gauge)];
    return all;
  }
  [[nodiscard]] std::int64_t fact(Fact fact) const {
    return seen_.facts[static_cast<std::size_t>(fact)];
  }
  [[nodiscard]] double since(Fact which) const {
    return static_cast<double>(now_.count()) / kMicro - static_cast<double>(fact(which)) / kMicro;
  }

  const auth::Metrics::Seen& seen_;
  const About& about_;
  const microseconds now_;
  Status status_{};
};

Status Maker::make() {
  const auto at = std::chrono::floor<std::chrono::seconds>(now_).count();
  status_.time = date(at) + " UTC, version " ZITADEL_FCGI_VERSION;
  status_.last_minute = at / 60 * 60;
  status_.minutes = last_hour(seen_, now_);
  add_zitadel();
  add_load();
  add_cache();
  add_events();
  add_clock();
  add_key();
  add_program();
  add_refusals();
  add_hour();
  return std::move(status_);
}

void Maker::add_zitadel() {
  const bool has_answered = fact(Fact::kAnsweredAt) != 0;
  if (sum(Gauge::kBreakerOpen) > 0) {
    add("ZITADEL", "does not answer", "bad");
  } else if (fact(Fact::kFailedAt) > fact(Fact::kAnsweredAt)) {
    add("ZITADEL", "failed last", "refused");
  } else {
    add("ZITADEL", has_answered ? "answers" : "was not asked", has_answered ? "good" : "");
  }
  if (has_answered) add("Last answer of ZITADEL", ago(since(Fact::kAnsweredAt)));
  std::uint64_t answers = 0, failures = 0;
  for (const MinutePast& each : status_.minutes) {
    answers += each.answers;
    failures += each.failures;
  }
  add("Asked in the last hour",
      std::to_string(answers) + " answered, " + std::to_string(failures) + " failed",
      failures > 0 ? "refused" : "");
}

void Maker::add_load() {
  std::uint64_t lately = 0;
  std::optional<double> p50, p95;
  // The current minute is not complete yet: the one before it shows the load.
  for (const MinutePast& each : status_.minutes) {
    if (each.time == status_.last_minute - 60) {
      lately = each.allowed + each.refused + each.unavailable;
    }
    if (each.p95) p50 = each.p50, p95 = each.p95;
  }
  add("Decisions per second",
      number(static_cast<double>(lately) / 60) + ", in the last whole minute");
  if (p95) add("Half are decided within", seconds(p50) + "; 95 of 100 within " + seconds(p95));
  add("Requests that wait", std::to_string(sum(Gauge::kParked)));
  add("Questions to ZITADEL", std::to_string(sum(Gauge::kInFlight)) + " under way, " +
                                  std::to_string(sum(Gauge::kQueuedKnown)) + " of known and " +
                                  std::to_string(sum(Gauge::kQueuedNew)) + " of new tokens queued");
}

void Maker::add_cache() {
  std::uint64_t known = 0, lookups = 0;
  for (const MinutePast& each : status_.minutes) {
    known += each.known;
    lookups += each.lookups;
  }
  add("Tokens that were known", share(known, lookups) + ", in the last hour");
  const double mebibytes =
      static_cast<double>(sum(Gauge::kAnswerBytes) + sum(Gauge::kRefusalBytes)) / (1 << 20);
  add("Cache", std::to_string(sum(Gauge::kAnswers)) + " answers and " +
                   std::to_string(sum(Gauge::kRefusals)) + " refusals, " + number(mebibytes, 1) +
                   " MiB");
  const std::uint64_t evicted = count(Counter::kEvictedAnswers);
  add("Forgotten for want of room", std::to_string(evicted), evicted > 0 ? "refused" : "");
  const bool fails = sum(Gauge::kStoreFails) > 0;
  add("Shared store", fails ? "out of order" : "in order", fails ? "bad" : "good");
}

void Maker::add_events() {
  if (fact(Fact::kEventsCompleteAt) == 0) return add("Events of ZITADEL", "not used, or none yet");
  constexpr double kBehind = 3;
  const double delay = since(Fact::kEventsCompleteAt);
  add("Events of ZITADEL", "known up to " + ago(delay), delay > kBehind ? "bad" : "good");
}

void Maker::add_clock() {
  if (fact(Fact::kClockComparedAt) == 0) return add("Clock", "not compared yet");
  constexpr double kNotice = 2;
  const double ahead = static_cast<double>(fact(Fact::kClockAhead)) / kMicro;
  const bool is_wrong = ahead > kNotice || ahead < -kNotice;
  const std::string by = number(ahead < 0 ? -ahead : ahead, 1) + " seconds ";
  add("Clock",
      is_wrong ? by + (ahead > 0 ? "ahead of" : "behind") + " ZITADEL's"
               : "as ZITADEL's, to a second or so",
      is_wrong ? "bad" : "good");
}

void Maker::add_key() {
  if (!about_.key_expires) return add("Key of this API", "its file tells no expiry");
  constexpr double kDay = 86'400, kSoon = 30;
  const auto at = about_.key_expires->time_since_epoch().count();
  const double days = (static_cast<double>(at) - static_cast<double>(now_.count()) / kMicro) / kDay;
  const std::string when = date(at) + " UTC";
  if (days < 0) return add("Key of this API", "expired: " + when, "bad");
  add("Key of this API", "expires " + when + ", in " + number(days, 0) + " days",
      days < kSoon ? "refused" : "good");
}

void Maker::add_program() {
  std::set<std::int32_t> pids;
  for (const auto& each : seen_.processes) pids.insert(each.pid);
  add("Processes", std::to_string(pids.size()));
  add("Counted",
      seen_.is_shared ? "by all processes of this machine"
                      : "by one process: ZITADEL_CACHE_DIR cannot be had",
      seen_.is_shared ? "" : "bad");
  add("Version", ZITADEL_FCGI_VERSION);
}

void Maker::add_refusals() {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < seen_.refused.size(); ++i) {
    if (seen_.refused[i] > 0) places.push_back(i);
  }
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return seen_.refused[a] > seen_.refused[b]; });
  if (places.size() > kMostRefusals) places.resize(kMostRefusals);
  for (const std::size_t each : places) {
    const auto counter = static_cast<std::size_t>(Counter::kRefusals) + each;
    status_.refusals.push_back({std::string(reason_name(each)), date(seen_.refused[each]),
                                std::to_string(seen_.counts[counter])});
  }
}

void Maker::add_hour() {
  for (auto each = status_.minutes.rbegin(); each != status_.minutes.rend(); ++each) {
    status_.hour.push_back({date(each->time).substr(11, 5), std::to_string(each->allowed),
                            std::to_string(each->refused), std::to_string(each->unavailable),
                            seconds(each->p50), seconds(each->p95),
                            share(each->known, each->lookups), std::to_string(each->answers),
                            std::to_string(each->failures)});
  }
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char byte : text) {
    switch (byte) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html.push_back(byte);
    }
  }
  return html;
}

std::string html_of(const std::vector<Row>& rows) {
  std::string html;
  for (const Row& each : rows) {
    html.append("<tr><th scope=\"row\">").append(escaped(each.label)).append("</th><td class=\"");
    html.append(each.style).append("\">").append(escaped(each.value)).append("</td></tr>\n");
  }
  return html;
}

std::string html_of(const std::vector<Cells>& rows) {
  std::string html;
  for (const Cells& cells : rows) {
    html += "<tr>";
    for (const std::string& each : cells) html.append("<td>").append(escaped(each)).append("</td>");
    html += "</tr>\n";
  }
  return html;
}

// Returns the hash of what stands between the two in the page, in CSP's form (CSP 3 §2.3.1).
std::string hash_of(std::string_view begin, std::string_view end) {
  const std::string_view page = status_html();
  const std::size_t from = page.find(begin) + begin.size();
  const std::string_view text = page.substr(from, page.find(end, from) - from);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return "'none'";
  }
  return "'sha256-" + auth::base64_encode({reinterpret_cast<const char*>(digest.data()), size}) +
         "'";
}

const std::string& policy() {
  static const std::string policy =
      "default-src 'none'; style-src " + hash_of("<style>", "</style>") + "; script-src " +
      hash_of("<script>", "</script>") +
      "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors "
      "'none'";
  return policy;
}

void put(std::string& page, std::string_view mark, std::string_view text) {
  const std::size_t at = page.find(mark);
  if (at != page.npos) page.replace(at, mark.size(), text);
}

std::string json_of(const Cells& cells) {
  std::string json;
  for (const std::string& each : cells) {
    json += (json.empty() ? "" : ", ") + auth::json_quote(each);
  }
  return '[' + json + ']';
}

template <typename Of, typename Each>
std::string json_list(const std::vector<Of>& all, Each each) {
  std::string json;
  for (const Of& one : all) json.append(json.empty() ? "" : ",\n").append(each(one));
  return '[' + json + ']';
}

std::string json_number(std::optional<double> value) { return value ? number(*value, 6) : "null"; }

std::string json_of(const MinutePast& past) {
  std::string json = "{";
  const auto add = [&](std::string_view name, const std::string& value) {
    json.append(json.size() > 1 ? ", \"" : "\"").append(name).append("\": ").append(value);
  };
  add("time", std::to_string(past.time));
  add("allowed", std::to_string(past.allowed));
  add("refused", std::to_string(past.refused));
  add("unavailable", std::to_string(past.unavailable));
  add("p50", json_number(past.p50));
  add("p95", json_number(past.p95));
  add("known",
      past.lookups == 0
          ? "null"
          : number(static_cast<double>(past.known) / static_cast<double>(past.lookups), 6));
  add("answers", std::to_string(past.answers));
  add("failures", std::to_string(past.failures));
  return json + '}';
}

}  // namespace

Response status_page(const auth::Metrics::Seen& seen, const About& about,
                     auth::WallMicroseconds now) {
  const Status status = Maker(seen, about, now).make();
  std::string page(status_html());
  put(page, "@TIME@", escaped(status.time));
  put(page, "@NOW@", html_of(status.now));
  put(page, "@REFUSALS@", html_of(status.refusals));
  put(page, "@HOUR@", html_of(status.hour));
  return {.headers = {{"Content-Type", "text/html; charset=utf-8"},
                      {"Content-Security-Policy", policy()},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}},
          .body = std::move(page)};
}

std::string status_json(const auth::Metrics::Seen& seen, const About& about,
                        auth::WallMicroseconds now) {
  const Status status = Maker(seen, about, now).make();
  const auto row = [](const Row& each) {
    return json_of({std::string(each.label), each.value, std::string(each.style)});
  };
  const auto cells = [](const Cells& each) { return json_of(each); };
  const auto minute = [](const MinutePast& each) { return json_of(each); };
  return "{\"time\": " + auth::json_quote(status.time) +
         ", \"last_minute\": " + std::to_string(status.last_minute) +
         ",\n\"now\": " + json_list(status.now, row) +
         ",\n\"refusals\": " + json_list(status.refusals, cells) +
         ",\n\"hour\": " + json_list(status.hour, cells) +
         ",\n\"minutes\": " + json_list(status.minutes, minute) + '}';
}

}  // namespace fcgi
