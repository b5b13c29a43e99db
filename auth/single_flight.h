// SingleFlight: all who ask about one token at the same time share one question.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/base/mutex.h"
#include "auth/cache/token_key.h"

namespace auth {

// Thread-safe.
template <typename Waiter>
class SingleFlight {
 public:
  enum class Joined {
    kLeads,    // the first: it has to ask, and to call land in the end
    kFollows,  // somebody asks already
    kFull,     // too many wait; the waiter was not taken
  };

  explicit SingleFlight(std::size_t max_waiting) : max_waiting_(max_waiting) {}

  [[nodiscard]] Joined join(const TokenKey& key, Waiter& waiter) {
    const MutexLock lock(mutex_);
    if (waiting_ >= max_waiting_) return Joined::kFull;
    ++waiting_;
    const auto [flight, first] = flights_.try_emplace(key);
    flight->second.push_back(std::move(waiter));
    return first ? Joined::kLeads : Joined::kFollows;
  }

  // Leads a question nobody waits for. False: it is being asked already, or max_flights are.
  [[nodiscard]] bool lead_alone(const TokenKey& key, std::size_t max_flights) {
    const MutexLock lock(mutex_);
    return flights_.size() < max_flights && flights_.try_emplace(key).second;
  }

  // Ends the flight and gives all who wait for it.
  [[nodiscard]] std::vector<Waiter> land(const TokenKey& key) {
    const MutexLock lock(mutex_);
    auto flight = flights_.extract(key);
    if (flight.empty()) return {};
    waiting_ -= flight.mapped().size();
    std::vector<Waiter> waiters = std::move(flight.mapped());
    return waiters;
  }

 private:
  const std::size_t max_waiting_;
  Mutex mutex_;
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<TokenKey, std::vector<Waiter>, TokenKeyHash> flights_ GUARDED_BY(mutex_);
};

}  // namespace auth
