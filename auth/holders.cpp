// SPDX-License-Identifier: Apache-2.0
#include "auth/holders.h"

#include <iterator>
#include <limits>

namespace auth {
namespace {

constexpr unsigned kNetworkBits = 48;  // the most that one customer of a provider is given

}  // namespace

IpAddress Holders::network_of(const IpAddress& client) noexcept {
  return client.is_ipv4() ? client : client.first_bits(kNetworkBits);
}

void Holders::add(const IpAddress& client, Id id) {
  if (!places_.emplace(client, id).second) return;
  networks_.add(network_of(client), true);
  clients_[network_of(client)].add(client, true);
}

void Holders::remove(const IpAddress& client, Id id) {
  if (places_.erase({client, id}) == 0) return;
  networks_.add(network_of(client), false);
  const auto network = clients_.find(network_of(client));
  network->second.add(client, false);
  if (network->second.is_empty()) clients_.erase(network);
}

std::size_t Holders::held_by(const IpAddress& client) const {
  const auto network = clients_.find(network_of(client));
  return network == clients_.end() ? 0 : network->second.of(client);
}

std::optional<Holders::Id> Holders::take_from_largest() {
  if (networks_.is_empty()) return std::nullopt;
  return take_newest(clients_.at(networks_.largest().second).largest().second);
}

std::optional<Holders::Id> Holders::take_for(const IpAddress& client) {
  if (networks_.is_empty()) return std::nullopt;
  const std::size_t in_network = networks_.of(network_of(client));
  if (networks_.largest().first > in_network + 1) return take_from_largest();
  if (in_network == 0) return std::nullopt;
  const auto& [most, neighbour] = clients_.at(network_of(client)).largest();
  if (most <= held_by(client) + 1) return std::nullopt;
  return take_newest(IpAddress(neighbour));
}

Holders::Id Holders::take_newest(const IpAddress& client) {
  const auto behind = places_.upper_bound({client, std::numeric_limits<Id>::max()});
  const auto [holder, id] = *std::prev(behind);
  remove(holder, id);
  return id;
}

void Holders::Tally::add(const IpAddress& of, bool one_more) {
  std::size_t& count = counts_[of];
  ranks_.erase({count, of});
  count = one_more ? count + 1 : count - 1;
  count == 0 ? counts_.erase(of) : (ranks_.emplace(count, of), 0U);
}

std::size_t Holders::Tally::of(const IpAddress& of) const {
  const auto found = counts_.find(of);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace auth
