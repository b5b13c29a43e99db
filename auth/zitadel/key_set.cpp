#include "auth/zitadel/key_set.h"

#include <algorithm>

#include "auth/base/log.h"

namespace auth {
namespace {

Result<jose::JwkSet> read_answer(const Result<HttpResponse>& answer) {
  if (!answer) return answer.error();
  if (answer->status != 200) return status_error(*answer, "the key set's endpoint");
  Result<jose::JwkSet> keys = jose::JwkSet::parse(answer->body);
  if (keys && keys->size() == 0) {
    return Error{Reason::kMalformedAnswer, "the key set holds no key that can be used"};
  }
  return keys;
}

void tell_of_left_out(const jose::JwkSet& keys, const jose::JwkSet* before) {
  if (before != nullptr && before->left_out() == keys.left_out()) return;
  for (const std::string& line : keys.left_out()) {
    log(LogLevel::kInfo, "ZITADEL's key set, left out: " + line);
  }
}

}  // namespace

Result<jose::SharedKey> KeySet::find(const std::optional<std::string>& key_id) {
  if (begin_for(key_id)) ask();
  // The answer may be there already: an HTTP client may call back before it returns.
  const MutexLock lock(mutex_);
  if (jose::SharedKey key = usable(key_id)) return key;
  return refusal();
}

bool KeySet::begin_for(const std::optional<std::string>& key_id) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (keys_ && keys_->find(key_id)) {
    return begin(failure_ || now - asked_at_ >= kKeySetRefresh, now);
  }
  if (!begin(!keys_ || now >= unknown_pause_ends_, now)) return false;
  unknown_pause_ends_ = now + kKeySetPause;
  asked_for_ = key_id;
  return true;
}

bool KeySet::begin(bool due, SteadyTime now) {
  if (!due || asking_ || over_ || now < pause_ends_) return false;
  asking_ = true;
  resting_ = now - asked_at_ >= kKeySetRest;
  asked_at_ = now;
  asked_for_.reset();
  return true;
}

jose::SharedKey KeySet::usable(const std::optional<std::string>& key_id) const {
  return keys_ && !resting_ ? keys_->find(key_id) : nullptr;
}

Error KeySet::refusal() const {
  if (asking_) return {Reason::kKeySetUnavailable, "it is being asked for"};
  const SteadyTime next = failure_ ? pause_ends_ : std::max(pause_ends_, unknown_pause_ends_);
  const std::chrono::seconds retry_after = std::max(
      std::chrono::ceil<std::chrono::seconds>(next - clock_.steady()), std::chrono::seconds{1});
  if (!failure_) return {Reason::kUnknownKey, "", retry_after};
  return {Reason::kKeySetUnavailable, to_string(*failure_), retry_after};
}

void KeySet::ask() {
  discovery_->get(
      [self = shared_from_this()](const Result<std::shared_ptr<const DiscoveryDocument>>& found) {
        if (!found) {
          self->settle(found.error());
        } else if ((*found)->jwks_uri.empty()) {
          self->settle(Error{Reason::kMalformedAnswer, "the discovery document names no jwks_uri"});
        } else {
          self->fetch((*found)->jwks_uri);
        }
      });
}

void KeySet::fetch(const std::string& jwks_uri) {
  http_.send({jwks_uri}, [self = shared_from_this()](const Result<HttpResponse>& answer) {
    self->check_clock(answer);
    self->settle(read_answer(answer));
  });
}

// Whoever judges tokens by the clock has to know that it is wrong.
void KeySet::check_clock(const Result<HttpResponse>& answer) {
  const std::string clock = answer ? clock_error(*answer, clock_.wall()) : std::string();
  if (!clock.empty()) {
    failures_.add({Reason::kClockWrong, "it is " + clock + ": set it right"});
  }
}

void KeySet::settle(Result<jose::JwkSet> answer) {
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

void KeySet::replace(std::shared_ptr<const jose::JwkSet> keys) {
  // The first question is not one for an unknown key, unless it did not help that key.
  if (!keys_ && keys->find(asked_for_)) unknown_pause_ends_ = SteadyTime{};
  keys_ = std::move(keys);
  failure_.reset();
  asking_ = false;
  resting_ = false;
}

void KeySet::keep(Error failure) {
  const std::chrono::seconds pause = keys_ ? kKeySetPause : kFirstKeySetPause;
  pause_ends_ =
      std::max(asked_at_ + pause, clock_.steady() + failure.retry_after.value_or(pause.zero()));
  over_ = failure.reason == Reason::kShuttingDown;
  failure_ = std::move(failure);
  asking_ = false;
  resting_ = false;
}

void KeySet::when_asked(std::function<void()> done) {
  {
    const MutexLock lock(mutex_);
    if (asking_) {
      waiting_.push_back(std::move(done));
      return;
    }
  }
  done();
}

void KeySet::warm_up() {
  bool ask_now = false;
  {
    const MutexLock lock(mutex_);
    ask_now = begin(!keys_, clock_.steady());
  }
  if (ask_now) ask();
}

}  // namespace auth
