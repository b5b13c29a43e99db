// SPDX-License-Identifier: Apache-2.0
#include "auth/doubt.h"

#include <algorithm>
#include <set>
#include <utility>

namespace auth {

void Doubt::active(const TokenKey& key, SecretView token,
                   const std::shared_ptr<const Claims>& claims, SteadyTime sent) {
  Doubts confirmed;
  bool recovered = false;
  {
    const MutexLock lock(mutex_);
    if (!claims->subject().empty()) remember({{key, Secret(token), claims}, sent, sent});
    recovered = failing_since_ && sent >= *failing_since_;
    if (recovered) failing_since_.reset();
    if (pending_ && sent >= pending_->since) {
      confirmed = std::exchange(pending_, std::nullopt)->doubts;
    }
  }
  if (recovered) log_.add(LogLevel::kInfo, "active", "ZITADEL calls tokens active again");
  judge(confirmed, Verdict::kConfirmed);
}

std::optional<Doubt::Witness> Doubt::inactive(const TokenKey& key, std::string_view subject,
                                              SteadyTime sent, Judged judged) {
  Doubts doubts;
  bool is_failing = false;
  {
    const MutexLock lock(mutex_);
    std::erase_if(seen_, [&](const Seen& each) { return each.witness.key == key; });
    is_failing = failing_since_.has_value();
    if (is_failing) {
      doubts.push_back({std::string(subject), std::move(judged)});
    } else {
      const bool is_first = !pending_;
      if (is_first) pending_ = Pending{sent};
      pending_->doubts.push_back({std::string(subject), std::move(judged)});
      if (!is_first && pending_->witness != key) return std::nullopt;  // the witness decides
      if (users_of(pending_->doubts) < kInactiveOfFailing) {
        if (std::optional<Witness> witness = take_witness()) return witness;
      }
      doubts = std::exchange(pending_, std::nullopt)->doubts;
    }
  }
  is_failing ? judge(doubts, Verdict::kFailing) : conclude(doubts);
  return std::nullopt;
}

void Doubt::unanswered(const TokenKey& key) {
  Doubts doubts;
  {
    const MutexLock lock(mutex_);
    if (!pending_ || pending_->witness != key) return;
    doubts = std::exchange(pending_, std::nullopt)->doubts;
  }
  conclude(doubts);
}

bool Doubt::is_failing() {
  const MutexLock lock(mutex_);
  return failing_since_.has_value();
}

std::size_t Doubt::users_of(const Doubts& doubts) {
  std::set<std::string_view> users;
  for (const Doubted& each : doubts) users.insert(each.subject);
  return users.size();
}

void Doubt::judge(const Doubts& doubts, Verdict verdict) {
  for (const Doubted& each : doubts) each.judged(verdict);
}

// Decides when there is no witness left to ask about.
void Doubt::conclude(const Doubts& doubts) {
  if (users_of(doubts) < kInactiveOfFailing) return judge(doubts, Verdict::kRevoked);
  {
    const MutexLock lock(mutex_);
    failing_since_ = clock_.steady();
  }
  log_.add(
      LogLevel::kError, "inactive",
      "ZITADEL calls tokens of " + std::to_string(kInactiveOfFailing) +
          " users inactive that were active a moment ago: it is failing inside, or all of them "
          "were "
          "revoked at once; callers are asked to try again until it calls a token active");
  judge(doubts, Verdict::kFailing);
}

// Returns the witness that was active last.
std::optional<Doubt::Witness> Doubt::take_witness() {
  const SteadyTime now = clock_.steady();
  Seen* best = nullptr;
  for (Seen& seen : seen_) {
    if (may_be_witness(seen, now) && (best == nullptr || seen.active > best->active)) best = &seen;
  }
  if (best == nullptr) return std::nullopt;
  best->asked = now;
  pending_->witness = best->witness.key;
  return Witness{best->witness.key, best->witness.token.copy(), best->witness.claims};
}

bool Doubt::may_be_witness(const Seen& seen, SteadyTime now) const {
  const Claims& claims = *seen.witness.claims;
  if (now - seen.asked < kWitnessPause || now - seen.active > memory_) return false;
  if (claims.expiry() && *claims.expiry() <= clock_.wall()) return false;
  return std::none_of(pending_->doubts.begin(), pending_->doubts.end(),
                      [&](const Doubted& each) { return each.subject == claims.subject(); });
}

void Doubt::remember(Seen seen) {
  auto place = std::find_if(seen_.begin(), seen_.end(), [&](const Seen& each) {
    return each.witness.claims->subject() == seen.witness.claims->subject();
  });
  if (place == seen_.end() && seen_.size() < kMaxWitnesses) {
    seen_.push_back(std::move(seen));
    return;
  }
  if (place == seen_.end()) {
    place = std::min_element(seen_.begin(), seen_.end(), [](const Seen& one, const Seen& other) {
      return one.active < other.active;
    });
  }
  *place = std::move(seen);
}

void FirstVerdict::give(Doubt::Verdict verdict) {
  Doubt::Judged judged;
  {
    const MutexLock lock(mutex_);
    judged = std::exchange(judged_, nullptr);
  }
  if (judged) judged(verdict);
}

bool FirstVerdict::is_given() {
  const MutexLock lock(mutex_);
  return !judged_;
}

}  // namespace auth
