// SPDX-License-Identifier: Apache-2.0
#include "auth/waiting_room.h"

#include <algorithm>
#include <utility>

namespace auth {

WaitingRoom::Joined WaitingRoom::join(const TokenKey& key, SecretView token,
                                      const std::shared_ptr<const Claims>& good, Waiter& waiter) {
  const MutexLock lock(mutex_);
  if (stopped_) return {.refused = Reason::kShuttingDown};
  const Admission::Place place = admission_.take_place(waiter.asker, last_id_ + 1);
  if (place.refused) return {.refused = *place.refused};
  std::optional<Waiter> gives_way;
  if (place.instead_of) gives_way = take_out(*places_.at(*place.instead_of), *place.instead_of);
  Joined joined = take_in(key, token, good, waiter);
  if (gives_way) joined.gives_way.push_back(*std::move(gives_way));
  count();
  return joined;
}

WaitingRoom::Joined WaitingRoom::take_in(const TokenKey& key, SecretView token,
                                         const std::shared_ptr<const Claims>& good,
                                         Waiter& waiter) {
  const auto [place, is_first] = open_.try_emplace(key);
  if (is_first) {
    place->second = std::make_shared<Question>(key, token, waiter.asker, Question::Purpose::kCaller,
                                               good, waiter.arrived);
  }
  Question& question = *place->second;
  admission_.adopt(question, waiter.asker);
  waiter.id = ++last_id_;
  places_.emplace(waiter.id, &question);
  question.waiters_.push_back(std::move(waiter));
  return {.question = place->second, .leads = is_first, .id = last_id_};
}

WaitingRoom::Open WaitingRoom::begin(const TokenKey& key, SecretView token,
                                     Question::Purpose purpose,
                                     const std::shared_ptr<const Claims>& good, SteadyTime now) {
  const MutexLock lock(mutex_);
  const bool is_refresh = purpose == Question::Purpose::kRefresh;
  if (stopped_ || (is_refresh && background_ >= limits_.background)) return nullptr;
  const auto [place, is_first] = open_.try_emplace(key);
  if (!is_first) {
    place->second->is_wanted_ = place->second->is_wanted_ || !is_refresh;
    return nullptr;
  }
  ++background_;
  place->second =
      std::make_shared<Question>(key, token, Asker{Standing::kKnown}, purpose, good, now);
  place->second->is_wanted_ = true;
  return place->second;
}

std::optional<Waiter> WaitingRoom::cancel(Question& question, std::uint64_t id) {
  const MutexLock lock(mutex_);
  std::optional<Waiter> taken = take_out(question, id);
  count();
  return taken;
}

// A question that was sent keeps its place among those under way, even if all waiters have left:
// ZITADEL goes on with it, and a client that asks and leaves again and again would make it do ever
// more at once. Its answer is learned.
std::optional<Waiter> WaitingRoom::take_out(Question& question, std::uint64_t id) {
  Waiters& waiters = question.waiters_;
  const auto found = std::find_if(waiters.begin(), waiters.end(),
                                  [&](const Waiter& each) { return each.id == id; });
  if (found == waiters.end()) return std::nullopt;
  Waiter taken = std::move(*found);
  waiters.erase(found);
  free_place(taken);
  if (Admission::is_waiting(question) && !is_wanted(question)) forget(question);
  return taken;
}

Asker WaitingRoom::asker_of(const Question& question) {
  const MutexLock lock(mutex_);
  return question.asker();
}

bool WaitingRoom::line_up(Question& question, SteadyTime now) {
  const MutexLock lock(mutex_);
  if (stopped_ || !is_open(question) || !is_wanted(question)) {
    forget(question);
    return false;
  }
  admission_.wait(question, now);
  count();
  return true;
}

WaitingRoom::Open WaitingRoom::next(std::size_t slots) {
  const MutexLock lock(mutex_);
  Open question = shared(admission_.next(slots));
  count();
  return question;
}

WaitingRoom::Open WaitingRoom::waiting_since(SteadyTime then) {
  const MutexLock lock(mutex_);
  Open question = shared(admission_.waiting_since(then));
  count();
  return question;
}

void WaitingRoom::answered(Question& question) {
  const MutexLock lock(mutex_);
  admission_.end(question);
}

WaitingRoom::Waiters WaitingRoom::land(Question& question) {
  const MutexLock lock(mutex_);
  forget(question);
  free_places(question.waiters_);
  count();
  return std::exchange(question.waiters_, {});
}

WaitingRoom::Waiters WaitingRoom::land_until(Question& question, SteadyTime arrived, Open& again) {
  const MutexLock lock(mutex_);
  forget(question);
  Waiters waiters = std::exchange(question.waiters_, {});
  const auto late = std::stable_partition(
      waiters.begin(), waiters.end(), [&](const Waiter& each) { return each.arrived <= arrived; });
  if (late != waiters.end()) {
    again = std::make_shared<Question>(question.key, question.token, late->asker,
                                       Question::Purpose::kCaller, question.good, late->arrived);
    again->waiters_.assign(std::move_iterator(late), std::move_iterator(waiters.end()));
    for (const Waiter& each : again->waiters_) places_[each.id] = again.get();
    waiters.erase(late, waiters.end());
    open_.emplace(again->key, again);
  }
  free_places(waiters);
  count();
  return waiters;
}

WaitingRoom::Waiters WaitingRoom::stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
  Waiters all;
  for (const auto& [key, question] : std::exchange(open_, {})) {
    admission_.end(*question);
    free_places(question->waiters_);
    std::move(question->waiters_.begin(), question->waiters_.end(), std::back_inserter(all));
    question->waiters_.clear();
  }
  count();
  return all;
}

void WaitingRoom::count() const {
  metrics_.set(Gauge::kParked, places_.size());
  metrics_.set(Gauge::kQueuedKnown, admission_.waiting(Standing::kKnown));
  metrics_.set(Gauge::kQueuedNew, admission_.waiting(Standing::kNew));
}

bool WaitingRoom::is_wanted(const Question& question) const {
  return question.is_wanted_ || !question.waiters_.empty();
}

// Another question about the token may be open by now.
bool WaitingRoom::is_open(const Question& question) const {
  const auto found = open_.find(question.key);
  return found != open_.end() && found->second.get() == &question;
}

void WaitingRoom::forget(Question& question) {
  admission_.end(question);
  if (!is_open(question)) return;
  if (question.purpose != Question::Purpose::kCaller) --background_;
  open_.erase(question.key);
}

void WaitingRoom::free_places(const Waiters& waiters) {
  for (const Waiter& each : waiters) free_place(each);
}

void WaitingRoom::free_place(const Waiter& waiter) {
  admission_.leave_place(waiter.asker, waiter.id);
  places_.erase(waiter.id);
}

WaitingRoom::Open WaitingRoom::shared(Admission::Turn* turn) {
  return turn == nullptr ? nullptr : static_cast<Question*>(turn)->shared_from_this();
}

}  // namespace auth
