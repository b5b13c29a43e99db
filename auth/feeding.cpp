#include "auth/feeding.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "auth/base/log.h"

namespace auth {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr std::string_view kSearch = "/admin/v1/events/_search";
// After an answer that will not be another one soon.
constexpr std::chrono::seconds kRefusedPause{5};
constexpr std::chrono::seconds kToldAgain{60};

bool is_projected(Scope scope) {
  const Ends kind = kind_of(scope);
  return kind == Ends::kSubject || kind == Ends::kRole || kind == Ends::kAnyRole ||
         kind == Ends::kProject;
}

std::uint64_t random_id() {
  std::random_device random;
  return (std::uint64_t{random()} << 32) | random() | 1;
}

}  // namespace

Feeding::Feeding(const Settings& settings, HttpClient& http, SharedCache* shared, Purges& purges,
                 const Clock& clock)
    : interval_(settings.events_interval),
      longest_life_(settings.cache_ttl + settings.grace),
      id_(random_id()),
      http_(http, gate_),
      purges_(purges),
      clock_(clock),
      discovery_(settings.domain, settings.allow_http, http_, clock),
      access_(*settings.events_token, discovery_, http_, clock),
      feed_(settings.domain + std::string(kSearch), access_, http_, clock),
      journal_(shared, purges, clock),
      log_(kToldAgain, clock) {}

Feeding::~Feeding() { stop(); }

bool Feeding::look() {
  const auto head = journal_.read();
  if (head) follow(*head);
  return head.has_value();
}

void Feeding::start() {
  if (gate_->enter()) thread_ = std::thread([this] { run(); });
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
  if (!polls_) return;
  head_.beat = {};
  static_cast<void>(journal_.publish(head_));
}

milliseconds Feeding::turn() {
  const std::optional<JournalHead> head = journal_.read();
  if (is_led_by_another(head)) {
    follow(*head);
    return kFollowInterval;
  }
  if (!polls_) take_over(head);
  if (polls_ && clock_.steady() >= poll_at_) poll();
  if (polls_) beat();
  return std::min(kFollowInterval, interval_);
}

bool Feeding::is_led_by_another(const std::optional<JournalHead>& head) const {
  if (!head || head->poller == id_) return false;
  const auto age = head->beat.age(clock_);
  return age && *age < kPollerSilence;
}

void Feeding::follow(const JournalHead& head) {
  polls_ = false;
  journal_.follow(head);
  head_ = head;
  if (const auto age = head.complete.age(clock_)) purges_.fed_at(clock_.steady() - *age);
}

// Goes on where the other one was, unless nothing that was known then can be known any more.
void Feeding::take_over(const std::optional<JournalHead>& head) {
  if (head) follow(*head);
  const auto age = head_.complete.age(clock_);
  feed_.go_on_at(age && *age <= longest_life_ ? head_.position : std::nullopt);
  head_.poller = id_;
  polls_ = true;
  publish();
}

void Feeding::poll() {
  const SteadyTime began = clock_.steady();
  take(feed_.poll([this] { beat(); }));
  poll_at_ = std::max(poll_at_, began + interval_);
  tell_state();
}

void Feeding::end_once_more() {
  while (!echoes_.empty() && echoes_.front().at <= clock_.steady()) {
    purges_.add(echoes_.front().scopes);
    echoes_.pop_front();
  }
}

void Feeding::take(Feed::Poll poll) {
  end_once_more();
  if (!poll.ends.empty()) purges_.add(poll.ends);
  std::vector<Scope> projected;
  std::copy_if(poll.ends.begin(), poll.ends.end(), std::back_inserter(projected), is_projected);
  if (!projected.empty()) {
    echoes_.push_back({clock_.steady() + kProjectionLag, std::move(projected)});
  }
  if (poll.events > 0 && log_enabled(LogLevel::kDebug)) {
    log(LogLevel::kDebug, "events: " + std::to_string(poll.events) + " new ones, which ended " +
                              std::to_string(poll.ends.size()) + " things");
  }
  if (poll.failed) {
    const bool is_refused = poll.failed->reason == Reason::kUnexpectedStatus;
    poll_at_ = clock_.steady() + poll.failed->retry_after.value_or(is_refused ? kRefusedPause : 0s);
    tell_failure(*poll.failed);
  } else {
    const SteadyTime now = clock_.steady();
    told_.reset();
    purges_.fed_at(poll.sent);
    head_.complete = SharedMoment::now(clock_);
    head_.complete.at.steady -= now - poll.sent;
    head_.complete.at.wall -= std::chrono::ceil<std::chrono::microseconds>(now - poll.sent);
    head_.position = feed_.position();
  }
  const auto complete = head_.complete.age(clock_);
  if (!complete || *complete > longest_life_) feed_.go_on_at(std::nullopt);
  publish();
}

// Another process may have taken over meanwhile, because this one was stopped: what it has told of
// counts then. Where nobody is heard of, the store is out of order, and this process goes on alone.
void Feeding::publish() {
  head_.beat = SharedMoment::now(clock_);
  if (journal_.publish(head_)) return;
  if (is_led_by_another(journal_.read())) polls_ = false;
}

void Feeding::beat() {
  const auto age = head_.beat.age(clock_);
  if (!age || *age >= kPollerBeat) publish();
}

// Once, until it goes wrong in another way or is right again.
void Feeding::tell_failure(const Error& error) {
  if (error.reason == Reason::kShuttingDown || told_ == error.reason) return;
  told_ = error.reason;
  log_.add(LogLevel::kWarn, describe(error.reason),
           "events cannot be had from ZITADEL: " + to_string(error));
}

void Feeding::tell_state() {
  const bool is_behind = clock_.steady() - purges_.fed() >= kFeedBehind;
  if (is_behind == is_behind_) return;
  is_behind_ = is_behind;
  if (is_behind) {
    log(LogLevel::kWarn,
        "the feed of ZITADEL's events is behind: answers serve 30 seconds at most until it is "
        "back");
  } else {
    log(LogLevel::kInfo, "the feed of ZITADEL's events is back");
  }
}

}  // namespace auth
