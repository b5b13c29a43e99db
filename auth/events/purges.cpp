#include "auth/events/purges.h"

#include <algorithm>
#include <random>
#include <utility>

namespace auth {
namespace {

std::uint64_t random_chain() {
  std::random_device random;
  const std::uint64_t number = (std::uint64_t{random()} << 32) | random();
  return number == 0 ? 1 : number;
}

// The session in front of the "-": "V2_1-at_2".
std::string_view session_of(std::string_view token_id) noexcept {
  return token_id.substr(0, token_id.find('-'));
}

}  // namespace

PurgeStamp stamp_after(PurgeStamp before, Scope scope) noexcept {
  const std::uint64_t chain = Digest().add(before.chain).add(scope).value();
  return {before.number + 1, chain == 0 ? 1 : chain};
}

Purges::Purges(std::string project_id, bool passes_roles)
    : project_id_(std::move(project_id)),
      passes_roles_(passes_roles),
      stamp_{0, random_chain()},
      chain_before_(stamp_.chain) {}

Purges::Known Purges::known() const {
  const MutexLock lock(mutex_);
  return {generation(), stamp_};
}

std::optional<std::uint64_t> Purges::generation_of(PurgeStamp stamp) const {
  const MutexLock lock(mutex_);
  const std::uint64_t behind = stamp_.number - stamp.number;
  if (stamp.number > stamp_.number || behind > purges_.size()) return std::nullopt;
  const std::size_t place = purges_.size() - behind;
  const std::uint64_t chain = place == 0 ? chain_before_ : purges_[place - 1].chain;
  if (chain != stamp.chain) return std::nullopt;
  return generation() - behind;
}

std::uint64_t Purges::last_of(Ends kind) const {
  const MutexLock lock(mutex_);
  return last(kind);
}

// What the claims do not say, any purge of that kind may mean.
bool Purges::ended_since(const Claims& claims, std::uint64_t generation) const {
  const MutexLock lock(mutex_);
  if (generation < this->generation() - purges_.size()) return true;
  return last(Ends::kEverything) > generation ||
         fits_after(Ends::kSubject, claims.subject(), generation) ||
         fits_after(Ends::kToken, claims.token_id(), generation) ||
         fits_after(Ends::kSession, session_of(claims.token_id()), generation) ||
         fits_after(Ends::kProject, passes_roles_ ? "" : project_id_, generation) ||
         has_role_after(claims, generation);
}

bool Purges::has_role_after(const Claims& claims, std::uint64_t generation) const {
  if (passes_roles_) {
    return std::max(last(Ends::kAnyRole), last(Ends::kRole)) > generation;
  }
  const std::vector<Role> roles = claims.roles();
  if (roles.empty()) return false;
  if (last(Ends::kAnyRole) > generation) return true;
  if (project_id_.empty()) return last(Ends::kRole) > generation;
  for (const Role& role : roles) {
    if (after(scope_of(Ends::kRole, project_id_, role.name), generation)) return true;
  }
  return false;
}

bool Purges::fits_after(Ends kind, std::string_view name, std::uint64_t generation) const {
  return last(kind) > generation && (name.empty() || after(scope_of(kind, name), generation));
}

bool Purges::after(Scope scope, std::uint64_t generation) const {
  const auto found = last_.find(scope);
  return found != last_.end() && found->second > generation;
}

std::vector<Purges::Part> Purges::parts(std::uint64_t size, std::uint64_t first) const {
  const MutexLock lock(mutex_);
  std::vector<Part> parts;
  PurgeStamp before{stamp_.number - purges_.size(), chain_before_};
  for (const Purge& purge : purges_) {
    if (before.number >= first * size) {
      if (parts.empty() || before.number % size == 0) parts.push_back({before, {}});
      parts.back().scopes.push_back(purge.scope);
    }
    before = {before.number + 1, purge.chain};
  }
  return parts;
}

void Purges::add(const std::vector<Scope>& scopes) {
  const MutexLock lock(mutex_);
  append(scopes);
}

bool Purges::extend(const std::vector<Scope>& scopes, PurgeStamp stamp) {
  const MutexLock lock(mutex_);
  PurgeStamp reached = stamp_;
  for (const Scope scope : scopes) reached = stamp_after(reached, scope);
  if (reached != stamp) return false;
  append(scopes);
  return true;
}

// One generation more, which no purge has: so nothing from before counts.
void Purges::replace(const Part& all) {
  const MutexLock lock(mutex_);
  purges_.clear();
  last_.clear();
  stamp_ = all.before;
  chain_before_ = all.before.chain;
  generation_.fetch_add(1, std::memory_order_release);
  append(all.scopes);
}

// The generation comes last: who sees it finds the purges.
void Purges::append(const std::vector<Scope>& scopes) {
  std::uint64_t generation = this->generation();
  for (const Scope scope : scopes) {
    stamp_ = stamp_after(stamp_, scope);
    purges_.push_back({scope, stamp_.chain});
    last_[scope] = ++generation;
    last(kind_of(scope)) = generation;
  }
  shrink(generation);
  generation_.store(generation, std::memory_order_release);
}

// By half at once: to look through all of them takes a while.
void Purges::shrink(std::uint64_t generation) {
  if (purges_.size() <= kMaxPurges) return;
  const std::size_t kept = kMaxPurges / 2;
  const auto first = purges_.end() - static_cast<std::ptrdiff_t>(kept);
  chain_before_ = std::prev(first)->chain;
  purges_.erase(purges_.begin(), first);
  std::erase_if(last_, [&](const auto& each) { return each.second <= generation - kept; });
}

}  // namespace auth
