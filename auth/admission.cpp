// SPDX-License-Identifier: Apache-2.0
#include "auth/admission.h"

#include <algorithm>

namespace auth {
namespace {

constexpr std::size_t kReserve = 4;       // a quarter is for known tokens, and one for new ones
constexpr std::size_t kClientPlaces = 2;  // half is the most that one client has
constexpr unsigned kKnownTurns = 3;       // of known tokens, then one of a new one that waits
constexpr unsigned kClientBits = 64;      // of an IPv6 address: what one household is given

std::size_t for_new(std::size_t all) { return all - all / kReserve; }

// All clients of unknown address are in one line.
IpAddress line_of(const Asker& asker) { return asker.client.value_or(IpAddress()); }

bool is_new(const Asker& asker) { return asker.standing == Standing::kNew; }

}  // namespace

std::optional<IpAddress> Asker::client_of(std::string_view address) noexcept {
  const std::optional<IpAddress> parsed = IpAddress::parse(address);
  if (!parsed || parsed->is_ipv4()) return parsed;
  return parsed->first_bits(kClientBits);
}

Admission::Place Admission::take_place(const Asker& asker, Holders::Id id) {
  Holders& own = is_new(asker) ? new_places_ : known_places_;
  Holders& others = is_new(asker) ? known_places_ : new_places_;
  const IpAddress client = line_of(asker);
  const std::size_t most = std::max<std::size_t>(1, places_ / kClientPlaces);
  const std::size_t held = asker.client ? own.held_by(client) : 0;
  const bool has_half = held >= most;
  if (is_new(asker) && has_half) return {.refused = Reason::kTooManyFromClient};
  const bool is_full = own.size() + others.size() >= places_;
  Place place;
  if (is_full || (is_new(asker) && own.size() >= for_new(places_))) {
    const std::size_t kept = places_ / kReserve;
    const bool others_give = is_new(asker) ? own.size() < kept : others.size() > kept && !has_half;
    place.instead_of = others_give ? others.take_from_largest() : own.take_for(client);
    if (!place.instead_of) {
      return {.refused = held > 0 ? Reason::kTooManyFromClient : Reason::kTooManyWaiting};
    }
  }
  own.add(client, id);
  return place;
}

void Admission::leave_place(const Asker& asker, Holders::Id id) {
  (is_new(asker) ? new_places_ : known_places_).remove(line_of(asker), id);
}

void Admission::wait(Turn& turn, SteadyTime now) {
  turn.state_ = Turn::State::kWaiting;
  turn.since_ = now;
  turn.by_age_ = by_age_.insert(by_age_.end(), &turn);
  lines_of(turn).join(turn);
}

void Admission::adopt(Turn& turn, const Asker& asker) {
  if (turn.asker_.client || turn.state_ == Turn::State::kSent) return;
  if (is_waiting(turn)) lines_of(turn).leave(turn);
  turn.asker_.client = asker.client;
  if (is_waiting(turn)) lines_of(turn).join(turn);
}

Admission::Turn* Admission::next(std::size_t slots) {
  Turn* const turn = under_way() < slots ? choose(slots) : nullptr;
  if (turn == nullptr) return nullptr;
  by_age_.erase(turn->by_age_);
  turn->state_ = Turn::State::kSent;
  lines_of(*turn).send(*turn);
  return turn;
}

// A client whose tokens were good before may have all, as long as no other client waits.
Admission::Turn* Admission::choose(std::size_t slots) {
  const std::size_t free = slots - under_way();
  Turn* const known = known_.first();
  Turn* const stranger = new_.under_way() < for_new(slots) ? new_.first() : nullptr;
  if (stranger == nullptr || !new_.is_fair(*stranger, free)) return known;
  const bool passes = known != nullptr && known_.is_fair(*known, free) && passed_ < kKnownTurns;
  passed_ = passes ? passed_ + 1 : 0;
  return passes ? known : stranger;
}

Admission::Turn* Admission::waiting_since(SteadyTime then) {
  if (by_age_.empty() || by_age_.front()->since_ > then) return nullptr;
  Turn* const turn = by_age_.front();
  end(*turn);
  return turn;
}

void Admission::end(Turn& turn) {
  const Turn::State before = turn.state_;
  turn.state_ = Turn::State::kIdle;
  if (before == Turn::State::kSent) lines_of(turn).end(turn);
  if (before != Turn::State::kWaiting) return;
  by_age_.erase(turn.by_age_);
  lines_of(turn).leave(turn);
}

Admission::Lines& Admission::lines_of(const Turn& turn) {
  return is_new(turn.asker()) ? new_ : known_;
}

void Admission::Lines::join(Turn& turn) {
  ++waiting_;
  change(turn, [&](Network& network, Client& client) {
    if (client.line.empty()) client.since = ++turns_;
    if (client.line.empty() && network.ranks.empty()) network.since = turns_;
    turn.in_line_ = client.line.insert(client.line.end(), &turn);
  });
}

void Admission::Lines::leave(Turn& turn) {
  --waiting_;
  change(turn, [&](Network&, Client& client) { client.line.erase(turn.in_line_); });
}

void Admission::Lines::send(Turn& turn) {
  --waiting_;
  ++under_way_;
  change(turn, [&](Network& network, Client& client) {
    client.line.erase(turn.in_line_);
    network.since = client.since = ++turns_;
    ++client.under_way;
    ++network.under_way;
  });
}

void Admission::Lines::end(Turn& turn) {
  --under_way_;
  change(turn, [](Network& network, Client& client) {
    --client.under_way;
    --network.under_way;
  });
}

Admission::Turn* Admission::Lines::first() const {
  if (ranks_.empty()) return nullptr;
  const Network& network = networks_.at(std::get<IpAddress>(*ranks_.begin()));
  return network.clients.at(std::get<IpAddress>(*network.ranks.begin())).line.front();
}

bool Admission::Lines::is_fair(const Turn& turn, std::size_t free) const {
  if (!turn.asker().client) return true;
  const IpAddress client = line_of(turn.asker());
  return networks_.at(Holders::network_of(client)).clients.at(client).under_way < free;
}

// Keeps the ranks up to date, and forgets clients that have nothing here any more.
template <typename Change>
void Admission::Lines::change(const Turn& turn, Change change) {
  const IpAddress address = line_of(turn.asker());
  const IpAddress network_address = Holders::network_of(address);
  Network& network = networks_[network_address];
  Client& client = network.clients[address];
  ranks_.erase({network.under_way, network.since, network_address});
  network.ranks.erase({client.under_way, client.since, address});
  change(network, client);
  if (!client.line.empty()) network.ranks.emplace(client.under_way, client.since, address);
  if (client.line.empty() && client.under_way == 0) network.clients.erase(address);
  if (!network.ranks.empty()) {
    ranks_.emplace(network.under_way, network.since, network_address);
  } else if (network.clients.empty()) {
    networks_.erase(network_address);
  }
}

}  // namespace auth
