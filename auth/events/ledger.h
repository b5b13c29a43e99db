// SPDX-License-Identifier: Apache-2.0
// Ledger: what events have ended, in the order in which this program has learned of it.
//
// Each ending has a number and a chain, a hash of all before it. Two processes that know number and
// chain of a PurgeStamp know the same endings. So processes that have learned separately never take
// one ending for another.
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

// Maximum number of endings kept apart. Older ones are merged into the most they could have ended.
constexpr std::size_t kMaxPurges = 65'536;

// Returns the stamp after one more ending.
[[nodiscard]] PurgeStamp stamp_after(PurgeStamp before, const Ending& ending) noexcept;

// Thread-safe. Only one thread changes it.
class Ledger {
 public:
  virtual ~Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Returns the stamp of the last ending.
  [[nodiscard]] PurgeStamp stamp() const;
  // Whether the ending of the stamp is known here, and all endings after it.
  [[nodiscard]] bool leads_on_from(PurgeStamp stamp) const;

  static constexpr std::uint64_t kEveryPart = UINT64_MAX;
  struct Part {
    PurgeStamp before;  // the stamp before the first ending
    Endings endings{};
    std::uint64_t forgotten = 0;  // the largest issued_until of all endings before these
  };
  // Returns the endings in parts, from part number `first` up to before `end`. A part begins after
  // each multiple of the size.
  [[nodiscard]] std::vector<Part> parts(std::uint64_t size, std::uint64_t first,
                                        std::uint64_t end = kEveryPart) const;

  // Adds further endings that this process has learned of.
  void add(const Endings& endings);
  // Adds further endings that another process has learned of. Returns false, and changes nothing,
  // if they do not lead from what is known here to that stamp.
  [[nodiscard]] bool extend(const Endings& endings, PurgeStamp stamp);
  // Replaces all endings, for example by those of processes that have learned separately.
  void replace(const Part& all);

 protected:
  // project_id: the API's; empty if it is not known. passes_roles: whether claims with roles of
  // other projects are kept as well.
  Ledger(std::string project_id, bool passes_roles);

  // Returns a random stamp that no other process has.
  [[nodiscard]] static PurgeStamp new_stamp();
  // Returns the rank that orders the endings of a kind.
  virtual std::uint64_t rank_of(const Ending& ending) REQUIRES_LOCK(mutex_) = 0;
  // Called after all endings were removed.
  virtual void emptied() REQUIRES_LOCK(mutex_) {}
  // Called after endings were added.
  virtual void appended() REQUIRES_LOCK(mutex_) {}

  // Whether an ending of at least that rank fits the claims. If the claims lack a name, any ending
  // of that kind may mean it.
  [[nodiscard]] bool fits(const Claims& claims, std::uint64_t rank) const REQUIRES_LOCK(mutex_);
  // Returns the largest rank of that kind; 0 if none is known.
  [[nodiscard]] std::uint64_t last(Ends kind) const REQUIRES_LOCK(mutex_) {
    return last_of_kind_[static_cast<std::size_t>(kind)];
  }
  // Returns the number of endings after the stamp. nullopt if the stamp is not known here.
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
  std::deque<Entry> entries_ GUARDED_BY(mutex_);  // the last endings
  std::uint64_t chain_before_ GUARDED_BY(mutex_);
  std::uint64_t forgotten_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<Scope, std::uint64_t> last_ GUARDED_BY(mutex_);  // the largest rank of each
  std::array<std::uint64_t, 8> last_of_kind_ GUARDED_BY(mutex_){};
};

}  // namespace auth
