// SPDX-License-Identifier: Apache-2.0
#include "auth/events/ledger.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

namespace auth {
namespace {

// Returns the session, which is the part before the "-": "V2_1-at_2".
std::string_view session_of(std::string_view token_id) noexcept {
  return token_id.substr(0, token_id.find('-'));
}

}  // namespace

PurgeStamp stamp_after(PurgeStamp before, const Ending& ending) noexcept {
  const std::uint64_t chain =
      Digest().add(before.chain).add(ending.scope).add(ending.issued_until).value();
  return {before.number + 1, chain == 0 ? 1 : chain};
}

Ledger::Ledger(std::string project_id, bool passes_roles)
    : project_id_(std::move(project_id)),
      passes_roles_(passes_roles),
      stamp_(new_stamp()),
      chain_before_(stamp_.chain) {}

PurgeStamp Ledger::new_stamp() {
  std::random_device random;
  return {0, (std::uint64_t{random()} << 32) | random() | 1};
}

PurgeStamp Ledger::stamp() const {
  const MutexLock lock(mutex_);
  return stamp_;
}

bool Ledger::leads_on_from(PurgeStamp stamp) const {
  const MutexLock lock(mutex_);
  return behind(stamp).has_value();
}

std::optional<std::uint64_t> Ledger::behind(PurgeStamp stamp) const {
  const std::uint64_t behind = stamp_.number - stamp.number;
  if (stamp.number > stamp_.number || behind > entries_.size()) return std::nullopt;
  const std::size_t place = entries_.size() - behind;
  const std::uint64_t chain = place == 0 ? chain_before_ : entries_[place - 1].chain;
  return chain == stamp.chain ? std::optional(behind) : std::nullopt;
}

bool Ledger::fits(const Claims& claims, std::uint64_t rank) const {
  return last(Ends::kEverything) >= rank || fits(Ends::kSubject, claims.subject(), rank) ||
         fits(Ends::kToken, claims.token_id(), rank) ||
         fits(Ends::kSession, session_of(claims.token_id()), rank) ||
         fits(Ends::kProject, passes_roles_ ? "" : project_id_, rank) || has_role(claims, rank);
}

bool Ledger::has_role(const Claims& claims, std::uint64_t rank) const {
  if (passes_roles_) return std::max(last(Ends::kAnyRole), last(Ends::kRole)) >= rank;
  const std::vector<Role> roles = claims.roles();
  if (roles.empty()) return false;
  if (last(Ends::kAnyRole) >= rank) return true;
  if (project_id_.empty()) return last(Ends::kRole) >= rank;
  return std::any_of(roles.begin(), roles.end(), [&](const Role& role) REQUIRES_LOCK(mutex_) {
    return has(scope_of(Ends::kRole, project_id_, role.name), rank);
  });
}

bool Ledger::fits(Ends kind, std::string_view name, std::uint64_t rank) const {
  return last(kind) >= rank && (name.empty() || has(scope_of(kind, name), rank));
}

bool Ledger::has(Scope scope, std::uint64_t rank) const {
  const auto found = last_.find(scope);
  return found != last_.end() && found->second >= rank;
}

std::vector<Ledger::Part> Ledger::parts(std::uint64_t size, std::uint64_t first,
                                        std::uint64_t end) const {
  const MutexLock lock(mutex_);
  std::vector<Part> parts;
  PurgeStamp before{stamp_.number - entries_.size(), chain_before_};
  std::uint64_t forgotten = forgotten_;
  for (const Entry& entry : entries_) {
    if (before.number / size >= end) break;
    if (before.number >= first * size) {
      if (parts.empty() || before.number % size == 0) parts.push_back({before, {}, forgotten});
      parts.back().endings.push_back(entry.ending);
    }
    before = {before.number + 1, entry.chain};
    forgotten = std::max(forgotten, entry.ending.issued_until);
  }
  return parts;
}

void Ledger::add(const Endings& endings) {
  const MutexLock lock(mutex_);
  append(endings);
}

bool Ledger::extend(const Endings& endings, PurgeStamp stamp) {
  const MutexLock lock(mutex_);
  PurgeStamp reached = stamp_;
  for (const Ending& ending : endings) reached = stamp_after(reached, ending);
  if (reached != stamp) return false;
  append(endings);
  return true;
}

void Ledger::replace(const Part& all) {
  const MutexLock lock(mutex_);
  clear(all);
  append(all.endings);
}

void Ledger::clear(const Part& all) {
  entries_.clear();
  last_.clear();
  last_of_kind_.fill(0);
  stamp_ = all.before;
  chain_before_ = all.before.chain;
  forgotten_ = all.forgotten;
  emptied();
}

void Ledger::append(const Endings& endings) {
  for (const Ending& ending : endings) {
    stamp_ = stamp_after(stamp_, ending);
    const std::uint64_t rank = rank_of(ending);
    entries_.push_back({ending, stamp_.chain, rank});
    note(ending.scope, rank);
  }
  // Forgets half at once: to go through all of them takes a while.
  if (entries_.size() > kMaxPurges) forget(entries_.size() - kMaxPurges / 2);
  appended();
}

void Ledger::note(Scope scope, std::uint64_t rank) {
  std::uint64_t& of_scope = last_[scope];
  of_scope = std::max(of_scope, rank);
  std::uint64_t& of_kind = last_of_kind_[static_cast<std::size_t>(kind_of(scope))];
  of_kind = std::max(of_kind, rank);
}

void Ledger::forget(std::size_t count) {
  if (count == 0) return;
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto entry = entries_.begin(); entry != end; ++entry) {
    forgotten_ = std::max(forgotten_, entry->ending.issued_until);
  }
  chain_before_ = std::prev(end)->chain;
  entries_.erase(entries_.begin(), end);
  last_.clear();
  for (const Entry& entry : entries_) note(entry.ending.scope, entry.rank);
}

}  // namespace auth
