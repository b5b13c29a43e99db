// SPDX-License-Identifier: Apache-2.0
// Holders: knows how many places to wait each client holds, and which client gives one up.
//
// A client that holds fewer gets a place of the client that holds most: first between the networks
// of providers (48 bits of an IPv6 address), then between the clients of one network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "auth/base/ip_address.h"

namespace auth {

// Not thread-safe. All functions take logarithmic time.
class Holders {
 public:
  using Id = std::uint64_t;

  [[nodiscard]] static IpAddress network_of(const IpAddress& client) noexcept;

  // Later places have a larger id.
  void add(const IpAddress& client, Id id);
  // Nothing happens if it has no such place.
  void remove(const IpAddress& client, Id id);

  [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
  [[nodiscard]] std::size_t held_by(const IpAddress& client) const;

  // Takes the newest place of the client that holds most. nullopt if there is none.
  [[nodiscard]] std::optional<Id> take_from_largest();
  // Does the same for this client, if it holds fewer even with one more; else nullopt.
  [[nodiscard]] std::optional<Id> take_for(const IpAddress& client);

 private:
  // Counts by address. The largest count is at the end.
  class Tally {
   public:
    void add(const IpAddress& of, bool one_more);
    [[nodiscard]] std::size_t of(const IpAddress& of) const;
    [[nodiscard]] const std::pair<std::size_t, IpAddress>& largest() const {
      return *ranks_.rbegin();
    }
    [[nodiscard]] bool is_empty() const noexcept { return ranks_.empty(); }

   private:
    std::map<IpAddress, std::size_t> counts_{};
    std::set<std::pair<std::size_t, IpAddress>> ranks_{};
  };

  [[nodiscard]] Id take_newest(const IpAddress& client);

  std::set<std::pair<IpAddress, Id>> places_{};
  Tally networks_{};
  std::map<IpAddress, Tally> clients_{};  // of each network
};

}  // namespace auth
