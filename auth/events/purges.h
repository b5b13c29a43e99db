// Purges: what events have ended, in the order in which this program has learned of it.
//
// A remembered answer counts only if its question was sent after every purge that fits it. "After"
// goes by the numbers of the purges and by no clock: an event may be told later than it is dated,
// and the clocks of ZITADEL and of the machines differ. Each purge has a number and a chain, a hash
// of all before it; who knows number and chain of a PurgeStamp knows the same purges. So processes
// that have learned apart from each other never take one purge for another.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/events/scope.h"
#include "auth/store/sealed_entry.h"
#include "auth/token/claims.h"

namespace auth {

// So many are told apart; what is older has ended everything.
constexpr std::size_t kMaxPurges = 65'536;

// Returns the stamp after one more purge.
[[nodiscard]] PurgeStamp stamp_after(PurgeStamp before, Scope scope) noexcept;

// Thread-safe. Only one thread changes it.
class Purges {
 public:
  // project_id: of the API; empty where it is not known. passes_roles: claims with roles of other
  // projects are kept as well.
  Purges(std::string project_id, bool passes_roles);

  // Counts the changes, from 1; 0 is never up to date.
  [[nodiscard]] std::uint64_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }
  // Whether an answer has ended, to a question that was sent at that generation.
  [[nodiscard]] bool ended(const Claims& claims, std::uint64_t generation) const {
    return generation != this->generation() && ended_since(claims, generation);
  }

  struct Known {
    std::uint64_t generation = 0;
    PurgeStamp stamp{};
  };
  [[nodiscard]] Known known() const;
  // The generation at which this process knew what the stamp says. nullopt: it cannot be told.
  [[nodiscard]] std::optional<std::uint64_t> generation_of(PurgeStamp stamp) const;
  // The generation of the last purge of that kind; 0: none is known.
  [[nodiscard]] std::uint64_t last_of(Ends kind) const;

  // Up to when all is known that has ended tokens.
  [[nodiscard]] SteadyTime fed() const noexcept {
    return SteadyTime(SteadyTime::duration(fed_.load(std::memory_order_acquire)));
  }
  void fed_at(SteadyTime time) noexcept {
    fed_.store(time.time_since_epoch().count(), std::memory_order_release);
  }

  struct Part {
    PurgeStamp before;  // the stamp in front of them
    std::vector<Scope> scopes;
  };
  // The purges in parts that begin behind each whole multiple of the size, from that part on.
  [[nodiscard]] std::vector<Part> parts(std::uint64_t size, std::uint64_t first) const;

  // Further purges that this process has learned of.
  void add(const std::vector<Scope>& scopes);
  // Further purges that another process has learned of. Returns false, and changes nothing, if they
  // do not lead from what is known here to that stamp.
  [[nodiscard]] bool extend(const std::vector<Scope>& scopes, PurgeStamp stamp);
  // Others have learned apart from this process: their purges count, and all that is known here has
  // ended.
  void replace(const Part& all);

 private:
  struct Purge {
    Scope scope;
    std::uint64_t chain;
  };

  [[nodiscard]] bool ended_since(const Claims& claims, std::uint64_t generation) const;
  [[nodiscard]] bool has_role_after(const Claims& claims, std::uint64_t generation) const
      REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool fits_after(Ends kind, std::string_view name, std::uint64_t generation) const
      REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool after(Scope scope, std::uint64_t generation) const REQUIRES_LOCK(mutex_);
  void append(const std::vector<Scope>& scopes) REQUIRES_LOCK(mutex_);
  void shrink(std::uint64_t generation) REQUIRES_LOCK(mutex_);
  [[nodiscard]] std::uint64_t& last(Ends kind) REQUIRES_LOCK(mutex_) {
    return last_of_kind_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t last(Ends kind) const REQUIRES_LOCK(mutex_) {
    return last_of_kind_[static_cast<std::size_t>(kind)];
  }

  const std::string project_id_;
  const bool passes_roles_;
  std::atomic<std::uint64_t> generation_{1};
  std::atomic<SteadyTime::rep> fed_{0};

  mutable Mutex mutex_;
  PurgeStamp stamp_ GUARDED_BY(mutex_);          // of the last purge
  std::deque<Purge> purges_ GUARDED_BY(mutex_);  // the last ones, one a generation
  std::uint64_t chain_before_ GUARDED_BY(mutex_);
  std::unordered_map<Scope, std::uint64_t> last_ GUARDED_BY(mutex_);  // generation
  std::array<std::uint64_t, 8> last_of_kind_ GUARDED_BY(mutex_){};
};

}  // namespace auth
