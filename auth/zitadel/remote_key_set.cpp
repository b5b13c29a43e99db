// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/remote_key_set.h"

#include <algorithm>

#include "auth/base/log.h"

namespace auth {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxLeftOutLines = 10;

Result<jose::JwkSet> read_answer(const HttpResponse& answer) {
  if (answer.status != 200) return status_error(answer, "the key set's endpoint");
  Result<jose::JwkSet> keys = jose::JwkSet::parse(answer.body);
  if (keys && keys->size() == 0) {
    return Error{Reason::kMalformedAnswer, "the key set holds no key that can be used"};
  }
  return keys;
}

void tell_of_left_out(const jose::JwkSet& keys, const jose::JwkSet* before) {
  if (before != nullptr && before->left_out() == keys.left_out()) return;
  const std::vector<std::string>& lines = keys.left_out();
  const std::size_t shown = std::min(lines.size(), kMaxLeftOutLines);
  for (std::size_t i = 0; i < shown; ++i) {
    log(LogLevel::kInfo, "ZITADEL's key set, left out: " + lines[i]);
  }
  if (lines.size() > shown) {
    log(LogLevel::kInfo,
        "ZITADEL's key set, left out: and " + std::to_string(lines.size() - shown) + " more");
  }
}

}  // namespace

Result<jose::SharedKey> RemoteKeySet::find(const KeyId& key_id) {
  if (begin_for(key_id)) ask();
  // The answer may be there already: an HTTP client may call back before it returns.
  const MutexLock lock(mutex_);
  if (jose::SharedKey key = usable(key_id)) return key;
  return refusal(key_id);
}

bool RemoteKeySet::read_again() {
  {
    const MutexLock lock(mutex_);
    if (is_asking()) return false;
    if (!keys_ || state_ == State::kOver) return true;  // the first caller that needs it asks
    begin(clock_.steady());
  }
  ask();
  return true;
}

bool RemoteKeySet::begin_for(const KeyId& key_id) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  const bool known = keys_ && keys_->find(key_id);
  if (known ? !is_due(now) : !is_due_for(key_id, now)) return false;
  begin(now);
  if (known) return true;
  asked_for_ = key_id;
  asked_for_unknown_at_ = now;
  return true;
}

bool RemoteKeySet::is_asking() const {
  return state_ == State::kFirst || state_ == State::kRefreshing || state_ == State::kTooOld;
}

bool RemoteKeySet::is_due(SteadyTime now) const {
  if (is_asking() || state_ == State::kOver || now < pause_until_) return false;
  return now >= due_at_;
}

bool RemoteKeySet::is_due_for(const KeyId& unknown, SteadyTime now) const {
  if (is_asking() || state_ == State::kOver || now < pause_until_) return false;
  return now - asked_for_unknown_at_ >= kMinKeyRefreshInterval && !is_missing(unknown, now);
}

// A token that waited for the answer must not ask the same again, however long the answer took.
bool RemoteKeySet::is_missing(const KeyId& key_id, SteadyTime now) const {
  return !failure_ && asked_for_ == key_id && now - answered_at_ < kMinKeyRefreshInterval;
}

void RemoteKeySet::begin(SteadyTime now) {
  state_ = !keys_                                    ? State::kFirst
           : now - asked_at_ + age_ >= kMaxKeySetAge ? State::kTooOld
                                                     : State::kRefreshing;
  asked_at_ = now;
  asked_for_.reset();
}

jose::SharedKey RemoteKeySet::usable(const KeyId& key_id) const {
  return keys_ && state_ != State::kTooOld ? keys_->find(key_id) : nullptr;
}

Error RemoteKeySet::refusal(const KeyId& key_id) const {
  if (is_asking()) return {Reason::kKeySetUnavailable, "it is being asked for"};
  const SteadyTime now = clock_.steady();
  if (is_missing(key_id, now)) return Error{Reason::kUnknownKey};
  const SteadyTime next = std::max(pause_until_, asked_for_unknown_at_ + kMinKeyRefreshInterval);
  const seconds retry_after = std::max(std::chrono::ceil<seconds>(next - now), seconds{1});
  return {Reason::kKeySetUnavailable,
          failure_ ? to_string(*failure_) : "it was asked for a moment ago", retry_after};
}

void RemoteKeySet::ask() {
  discovery_->get(
      [self = shared_from_this()](const Result<std::shared_ptr<const DiscoveryDocument>>& found) {
        if (!found) {
          self->settle(found.error());
        } else if ((*found)->jwks_uri.empty()) {
          self->discovery_->note_incomplete();
          self->settle(Error{Reason::kMalformedAnswer, "the discovery document names no jwks_uri"});
        } else {
          self->fetch((*found)->jwks_uri);
        }
      });
}

// The set is read by a worker: that may take longer than the HTTP client's thread has time.
void RemoteKeySet::fetch(const std::string& jwks_uri) {
  http_.send({jwks_uri}, [self = shared_from_this()](Result<HttpResponse> answer) {
    if (!answer) return self->settle(std::move(answer).error());
    self->discovery_->note_status(answer->status);
    self->workers_.run([self, answer = *std::move(answer)]() mutable {
      Result<jose::JwkSet> keys = read_answer(answer);
      if (keys) self->note_change(std::move(answer));
      self->settle(std::move(keys));
    });
  });
}

// One refresh is under way at a time.
void RemoteKeySet::note_change(HttpResponse answer) {
  const MutexLock lock(mutex_);
  has_changed_ = answer.body != body_;
  body_ = std::move(answer.body);
  freshness_ = answer.freshness;
}

// A set that is too old there is too old here.
void RemoteKeySet::take_over(const RemoteKeySet& before) {
  const MutexLock others(before.mutex_);
  if (!before.keys_ || before.state_ == State::kTooOld) return;
  const MutexLock lock(mutex_);
  keys_ = before.keys_;
  body_ = before.body_;
  changed_at_ = before.changed_at_.load();
  asked_at_ = before.asked_at_;
  answered_at_ = before.answered_at_;
  age_ = before.age_;
  state_ = State::kUsable;
}

void RemoteKeySet::count(bool is_good) {
  metrics_.add(is_good ? Counter::kKeySetRead : Counter::kKeySetFailed);
  if (!is_good) return;
  metrics_.note(Fact::kKeySetAt, clock_.wall_microseconds().time_since_epoch());
}

void RemoteKeySet::settle(Result<jose::JwkSet> answer) {
  count(answer.has_value());
  std::vector<std::function<void()>> waiting;
  if (answer) {
    const auto keys = std::make_shared<const jose::JwkSet>(*std::move(answer));
    std::shared_ptr<const jose::JwkSet> before;
    {
      const MutexLock lock(mutex_);
      before = keys_;
      replace(keys);
      waiting.swap(waiting_);
    }
    tell_of_left_out(*keys, before.get());
  } else {
    if (answer.error().reason != Reason::kShuttingDown) {
      failures_.add({Reason::kKeySetUnavailable, to_string(answer.error())});
    }
    const MutexLock lock(mutex_);
    keep(std::move(answer).error());
    waiting.swap(waiting_);
  }
  for (const std::function<void()>& done : waiting) done();
}

void RemoteKeySet::replace(std::shared_ptr<const jose::JwkSet> keys) {
  // If the set holds the key that was asked for, the next unknown key does not have to wait.
  if (asked_for_ && keys->find(*asked_for_)) asked_for_unknown_at_ = SteadyTime{};
  keys_ = std::move(keys);
  failure_.reset();
  answered_at_ = clock_.steady();
  // Not before the keys: what is decided by an old one in between would count as newer.
  if (has_changed_) changed_at_ = answered_at_;
  age_ = freshness_.age;
  due_at_ = asked_at_ + freshness_.left(kKeyRefreshRetry, kKeyRefreshInterval);
  state_ = State::kUsable;
}

void RemoteKeySet::keep(Error failure) {
  const SteadyTime now = clock_.steady();
  const bool over = failure.reason == Reason::kShuttingDown;
  state_ = over ? State::kOver : keys_ ? State::kUsable : State::kNone;
  due_at_ = asked_at_ + kKeyRefreshRetry;
  pause_until_ = now + failure.retry_after.value_or(seconds(0));
  failure_ = std::move(failure);
}

void RemoteKeySet::when_asked(std::function<void()> done) {
  {
    const MutexLock lock(mutex_);
    if (is_asking()) {
      waiting_.push_back(std::move(done));
      return;
    }
  }
  done();
}

void RemoteKeySet::warm_up() {
  {
    const MutexLock lock(mutex_);
    const SteadyTime now = clock_.steady();
    if (state_ != State::kNone && !is_due(now)) return;
    begin(now);
  }
  ask();
}

}  // namespace auth
