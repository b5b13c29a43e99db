// SPDX-License-Identifier: Apache-2.0
// Ledger: what events have ended, in the order in which this program has learned of it.
//
// Each ending has a number and a chain, a hash of all before it; who knows number and chain of a
// PurgeStamp knows the same endings. So processes that have learned apart from each other never
// take one ending for another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/base/mutex.h"
#include "auth/events/scope.h"
#include "auth/store/sealed_entry.h"
#include "auth/token/claims.h"

namespace auth {

// So many are told apart; of what is older it is known only what it could have ended at most.
constexpr std::size_t kMaxPurges = 65'536;

// Returns the stamp after one more ending.
[[nodiscard]] PurgeStamp stamp_after(PurgeStamp before, const Ending& ending) noexcept;

// Thread-safe. Only one thread changes it.
class Ledger {
 public:
  virtual ~Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Of the last ending.
  [[nodiscard]] PurgeStamp stamp() const;
  // Whether what the stamp says is known here, and what came after it.
  [[nodiscard]] bool leads_on_from(PurgeStamp stamp) const;

  struct Part {
    PurgeStamp before;  // the stamp in front of them
    Endings endings{};
    std::uint64_t forgotten = 0;  // the largest issued_until of all in front of them
  };
  // The endings in parts that begin behind each whole multiple of the size, from that part on.
  [[nodiscard]] std::vector<Part> parts(std::uint64_t size, std::uint64_t first) const;

  // Further endings that this process has learned of.
  void add(const Endings& endings);
  // Further endings that another process has learned of. Returns false, and changes nothing, if
  // they do not lead from what is known here to that stamp.
  [[nodiscard]] bool extend(const Endings& endings, PurgeStamp stamp);
  // Others have learned apart from this process: what they know counts.
  void replace(const Part& all);

 protected:
  // project_id: of the API; empty where it is not known. passes_roles: claims with roles of other
  // projects are kept as well.
  Ledger(std::string project_id, bool passes_roles);

  // One that nobody else has.
  [[nodiscard]] static PurgeStamp new_stamp();
  // What orders the endings of a kind.
  virtual std::uint64_t rank_of(const Ending& ending) REQUIRES_LOCK(mutex_) = 0;
  // All that was known has gone.
  virtual void emptied() REQUIRES_LOCK(mutex_) {}
  // Endings have come.
  virtual void appended() REQUIRES_LOCK(mutex_) {}

  // Whether an ending of at least that rank fits the claims. What they do not say, any ending of
  // that kind may mean.
  [[nodiscard]] bool fits(const Claims& claims, std::uint64_t rank) const REQUIRES_LOCK(mutex_);
  // The largest rank of that kind; 0: none is known.
  [[nodiscard]] std::uint64_t last(Ends kind) const REQUIRES_LOCK(mutex_) {
    return last_of_kind_[static_cast<std::size_t>(kind)];
  }
  // How many there are behind the stamp. nullopt: it cannot be told.
  [[nodiscard]] std::optional<std::uint64_t> behind(PurgeStamp stamp) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] PurgeStamp last_stamp() const REQUIRES_LOCK(mutex_) { return stamp_; }
  [[nodiscard]] std::size_t size() const REQUIRES_LOCK(mutex_) { return entries_.size(); }
  [[nodiscard]] const Ending& at(std::size_t place) const REQUIRES_LOCK(mutex_) {
    return entries_[place].ending;
  }
  [[nodiscard]] std::uint64_t forgotten() const REQUIRES_LOCK(mutex_) { return forgotten_; }
  void forget(std::size_t count) REQUIRES_LOCK(mutex_);

  mutable Mutex mutex_;

 private:
  struct Entry {
    Ending ending;
    std::uint64_t chain;
    std::uint64_t rank;
  };

  void clear(const Part& all) REQUIRES_LOCK(mutex_);
  void append(const Endings& endings) REQUIRES_LOCK(mutex_);
  void note(Scope scope, std::uint64_t rank) REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool has_role(const Claims& claims, std::uint64_t rank) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool fits(Ends kind, std::string_view name, std::uint64_t rank) const
      REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool has(Scope scope, std::uint64_t rank) const REQUIRES_LOCK(mutex_);

  const std::string project_id_;
  const bool passes_roles_;
  PurgeStamp stamp_ GUARDED_BY(mutex_);           // of the last ending
  std::deque<Entry> entries_ GUARDED_BY(mutex_);  // the last ones
  std::uint64_t chain_before_ GUARDED_BY(mutex_);
  std::uint64_t forgotten_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<Scope, std::uint64_t> last_ GUARDED_BY(mutex_);  // the largest rank
  std::array<std::uint64_t, 8> last_of_kind_ GUARDED_BY(mutex_){};
};

}  // namespace auth
