// SPDX-License-Identifier: Apache-2.0
#include "auth/feeding.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "auth/base/log.h"
#include "auth/base/log_section.h"
#include "auth/events/event_reader.h"

namespace auth {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

// Pause after an answer that will not change soon.
constexpr std::chrono::seconds kRefusedPause{5};
constexpr std::chrono::seconds kToldAgain{60};
// A process that ends with its first request asks no sooner than this after another has failed to.
constexpr std::chrono::seconds kAskedInVain{10};

bool is_projected(Scope scope) {
  const Ends kind = kind_of(scope);
  return kind == Ends::kSubject || kind == Ends::kRole || kind == Ends::kAnyRole ||
         kind == Ends::kProject;
}

constexpr int kHalf = 32;  // bits

std::chrono::seconds jwts_live(const Denials* denials) {
  return denials == nullptr ? 0s : std::chrono::seconds(kLongestJwt);
}

std::uint64_t id_of(std::uint64_t token) {
  std::random_device random;
  const std::uint64_t place = Digest().add(SharedMoment::here()).add(token).value();
  return (place >> kHalf << kHalf) | std::uint32_t{random()} | 1;
}

}  // namespace

Feeding::Feeding(const Settings& settings, HttpClient& http, SharedCache* shared, Purges& purges,
                 Denials* denials, const Clock& clock, Metrics& metrics)
    : interval_(settings.events_interval),
      longest_life_(std::max(settings.cache_ttl + settings.grace, jwts_live(denials))),
      http_(http, gate_),
      purges_(purges),
      denials_(denials),
      clock_(clock),
      metrics_(metrics),
      losses_(settings),
      discovery_(settings.domain, settings.allow_http, http_, clock),
      access_(*settings.events_token, settings.events_token_file, discovery_, http_, clock),
      id_(id_of(access_.name())),
      feed_(settings.domain + kEventSearch, jwts_live(denials), access_, http_, clock),
      journal_(shared, purges, denials, clock),
      log_(kToldAgain, clock) {}

Feeding::~Feeding() { stop(); }

bool Feeding::look() {
  const auto head = journal_.read();
  return head && follow(*head);
}

void Feeding::ask() {
  const auto failed = head_.failed.age(clock_);
  if (failed && *failed < head_.rest) return;
  static_cast<void>(turn());
  leave();
}

// This object may be unable to read the journal, because that is sealed with another key.
void Feeding::go_on_from(Feeding& before) {
  before.stop();
  head_.position = before.head_.position;
  head_.complete = before.head_.complete;
  echoes_ = std::exchange(before.echoes_, {});
}

void Feeding::start() {
  if (gate_->enter()) thread_ = LogSection::start([this] { run(); });
}

void Feeding::stop() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  wake_.notify_all();
  http_.stop();
  if (thread_.joinable()) {
    thread_.join();
    gate_->leave();
  }
  gate_->close();
  gate_->wait();
}

void Feeding::run() {
  mutex_.lock();
  while (!stopping_) {
    mutex_.unlock();
    const milliseconds pause = turn();
    mutex_.lock();
    if (!stopping_) wake_.wait_for(mutex_, pause);
  }
  mutex_.unlock();
  leave();
}

void Feeding::leave() {
  if (!polls_) return;
  head_.beat = {};
  static_cast<void>(journal_.publish(head_));
}

milliseconds Feeding::turn() {
  const std::optional<JournalHead> head = journal_.read();
  if (is_led_by_another(head)) {
    static_cast<void>(follow(*head));
    return pause();
  }
  if (!polls_) take_over(head);
  const bool is_due = clock_.steady() >= poll_at_ || (is_refused_ && access_.has_changed());
  if (polls_ && is_due) poll();
  if (polls_) beat();
  return pause();
}

milliseconds Feeding::pause() const {
  const milliseconds longest = std::min(kFollowInterval, interval_ / 8);
  if (!polls_) return longest;
  const auto left = std::chrono::ceil<milliseconds>(poll_at_ - clock_.steady());
  return std::clamp(left, 0ms, longest);
}

bool Feeding::is_led_by_another(const std::optional<JournalHead>& head) {
  if (!head || head->poller == id_) return false;
  const auto age = head->beat.age(clock_);
  return age && *age < kPollerSilence && !may_relieve(*head);
}

// What fails with one token, or on one machine, may succeed with another.
bool Feeding::may_relieve(const JournalHead& head) {
  const SteadyTime now = clock_.steady();
  if (std::exchange(poller_, head.poller) != head.poller) poller_since_ = now;
  if (head.poller >> kHalf == id_ >> kHalf) return false;
  const auto complete = head.complete.age(clock_);
  if ((complete && *complete < kRelief) || now - poller_since_ < kRelief) return false;
  return now >= may_relieve_at_;
}

// Returns false if not all that other processes have learned is available: then what this one knows
// stays, and so does how far that reaches.
bool Feeding::follow(const JournalHead& head) {
  polls_ = false;
  const bool is_all = journal_.follow(head);
  const JournalHead own = std::exchange(head_, head);
  if (!is_all) {
    head_.complete = own.complete;
    head_.position = own.position;
    return false;
  }
  if (const auto age = head.complete.age(clock_)) purges_.fed_at(clock_.steady() - *age);
  note_state();
  return true;
}

// Called also if another machine asks.
void Feeding::note_state() {
  if (const auto age = head_.complete.age(clock_)) {
    const auto now = clock_.wall_microseconds().time_since_epoch();
    metrics_.note(Fact::kEventsCompleteAt,
                  now - std::chrono::ceil<std::chrono::microseconds>(*age));
  }
  if (head_.position) metrics_.note(Fact::kEventsPosition, head_.position->time_since_epoch());
}

// Goes on where the other process was, or where this one was if it does not know all of that;
// unless all that was known then has run out by now.
void Feeding::take_over(const std::optional<JournalHead>& head) {
  if (head) static_cast<void>(follow(*head));
  const auto age = head_.complete.age(clock_);
  feed_.go_on_at(age && *age <= longest_life_ ? head_.position : std::nullopt);
  head_.poller = id_;
  polls_ = true;
  may_relieve_at_ = clock_.steady() + kReliefPause;
  publish(head ? head->poller : 0);
}

void Feeding::poll() {
  poll_at_ = clock_.steady() + interval_;
  end_once_more();
  take(feed_.poll([this] { beat(); },
                  [this](Feed::Poll& found) {
                    learn(found);
                    publish();
                  }));
  tell_state();
}

void Feeding::end_once_more() {
  while (!echoes_.empty() && echoes_.front().at <= clock_.steady()) {
    purges_.add(endings_of(echoes_.front().scopes));
    echoes_.pop_front();
  }
}

// Adds the denials first: a purge makes JWTs be checked again.
void Feeding::learn(Feed::Poll& found) {
  if (denials_ != nullptr) {
    const bool anew = std::exchange(found.jwts_anew, false);
    if (anew) {
      denials_->begin_anew(std::exchange(found.jwts, {}));
    } else {
      denials_->add(std::exchange(found.jwts, {}));
    }
  }
  for (const Event& loss : std::exchange(found.losses, {})) losses_.tell(loss);
  const std::vector<Scope> ends = std::exchange(found.ends, {});
  if (ends.empty()) return;
  metrics_.add(Counter::kPurges, ends.size());
  purges_.add(endings_of(ends));
  std::vector<Scope> projected;
  std::copy_if(ends.begin(), ends.end(), std::back_inserter(projected), is_projected);
  if (!projected.empty()) {
    echoes_.push_back({clock_.steady() + kProjectionLag, std::move(projected)});
  }
  if (log_enabled(LogLevel::kDebug)) {
    log(LogLevel::kDebug, "events have ended " + std::to_string(ends.size()) + " things");
  }
}

void Feeding::take(Feed::Poll poll) {
  learn(poll);
  metrics_.add(poll.failed ? Counter::kFeedFailed : Counter::kFeedPolled);
  if (poll.failed) {
    is_refused_ = poll.failed->reason == Reason::kUnexpectedStatus;
    const std::chrono::seconds pause =
        poll.failed->retry_after.value_or(is_refused_ ? kRefusedPause : 0s);
    poll_at_ = std::max(poll_at_, clock_.steady() + pause);
    head_.failed = SharedMoment::now(clock_);
    head_.rest = std::max(pause, kAskedInVain);
    tell_failure(*poll.failed);
  } else {
    take_complete(poll.sent);
  }
  const auto complete = head_.complete.age(clock_);
  if (!complete || *complete > longest_life_) feed_.go_on_at(std::nullopt);
  publish();
}

void Feeding::take_complete(SteadyTime sent) {
  const auto since = clock_.steady() - sent;
  told_.reset();
  is_refused_ = false;
  purges_.fed_at(sent);
  head_.complete = SharedMoment::now(clock_);
  head_.complete.at.steady -= since;
  head_.complete.at.wall -= std::chrono::ceil<std::chrono::microseconds>(since);
  head_.position = feed_.position();
  head_.failed = {};
  note_state();
}

// Another process may have taken over meanwhile, because this one was stopped: then its journal
// counts. If no process reports, the store is out of order, and this process goes on alone.
void Feeding::publish(std::uint64_t relieved) {
  head_.beat = SharedMoment::now(clock_);
  if (journal_.publish(head_, relieved)) return;
  if (is_led_by_another(journal_.read())) polls_ = false;
}

void Feeding::beat() {
  const auto age = head_.beat.age(clock_);
  if (!age || *age >= kPollerBeat) publish();
}

// Logs a failure once, until there is another failure or a success.
void Feeding::tell_failure(const Error& error) {
  if (error.reason == Reason::kShuttingDown || told_ == error.reason) return;
  told_ = error.reason;
  log_.add(LogLevel::kWarn, describe(error.reason),
           "events cannot be had from ZITADEL: " + to_string(error));
}

void Feeding::tell_state() {
  const SteadyTime now = clock_.steady();
  const bool is_behind = now - purges_.fed() >= kFeedBehind;
  if (is_behind) behind_at_ = now;
  if (is_behind == told_behind_ || (!is_behind && now - behind_at_ < kFeedBack)) return;
  told_behind_ = is_behind;
  if (is_behind) {
    log(LogLevel::kWarn,
        "the feed of ZITADEL's events is behind: answers serve 30 seconds at most until it is "
        "back");
  } else {
    log(LogLevel::kInfo, "the feed of ZITADEL's events is back, for half a minute now");
  }
}

}  // namespace auth
