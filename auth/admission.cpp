#include "auth/admission.h"

#include <algorithm>

namespace auth {
namespace {

constexpr std::size_t kReserve = 4;       // a quarter is for known tokens
constexpr std::size_t kClientPlaces = 2;  // half is the most that one client has
constexpr unsigned kClientBits = 64;      // of an IPv6 address: what one household is given

std::size_t for_new(std::size_t all) { return all - all / kReserve; }

// All clients that nobody can tell apart are in one line.
IpAddress line_of(const Asker& asker) { return asker.client.value_or(IpAddress()); }

bool is_new(const Asker& asker) { return asker.standing == Standing::kNew; }

}  // namespace

std::optional<IpAddress> Asker::client_of(std::string_view address) noexcept {
  const std::optional<IpAddress> parsed = IpAddress::parse(address);
  if (!parsed || parsed->is_ipv4()) return parsed;
  return parsed->first_bits(kClientBits);
}

std::optional<Reason> Admission::take_place(const Asker& asker) {
  if (taken_ >= places_) return Reason::kTooManyWaiting;
  if (is_new(asker)) {
    const auto client = clients_.find(line_of(asker));
    const std::size_t own = client == clients_.end() ? 0 : client->second.places;
    const std::size_t most = std::max<std::size_t>(1, places_ / kClientPlaces);
    if (asker.client && own >= most) return Reason::kTooManyFromClient;
    if (taken_by_new_ >= for_new(places_)) return Reason::kTooManyWaiting;
    ++clients_[line_of(asker)].places;
    ++taken_by_new_;
  }
  ++taken_;
  return std::nullopt;
}

void Admission::leave_place(const Asker& asker) {
  --taken_;
  if (!is_new(asker)) return;
  --taken_by_new_;
  --clients_[line_of(asker)].places;
  forget_if_idle(line_of(asker));
}

void Admission::wait(Turn& turn, SteadyTime now) {
  turn.state_ = Turn::State::kWaiting;
  turn.since_ = now;
  turn.by_age_ = by_age_.insert(by_age_.end(), &turn);
  if (!is_new(turn.asker())) {
    turn.in_line_ = known_line_.insert(known_line_.end(), &turn);
    return;
  }
  const IpAddress address = line_of(turn.asker());
  Client& client = clients_[address];
  turn.in_line_ = client.line.insert(client.line.end(), &turn);
  if (!client.in_turns) client.in_turns = turns_.insert(turns_.end(), address);
}

Admission::Turn* Admission::next(std::size_t slots) {
  if (under_way_ >= slots) return nullptr;
  Turn* const turn = known_line_.empty() ? next_new(slots) : known_line_.front();
  if (turn != nullptr) send(*turn);
  return turn;
}

// Of the first client in turn that has less under way than is still free.
Admission::Turn* Admission::next_new(std::size_t slots) {
  if (under_way_new_ >= for_new(slots)) return nullptr;
  for (const IpAddress& address : turns_) {
    const Client& client = clients_[address];
    Turn* const turn = client.line.front();
    if (!turn->asker().client || client.under_way < slots - under_way_) return turn;
  }
  return nullptr;
}

void Admission::send(Turn& turn) {
  leave_line(turn);
  turn.state_ = Turn::State::kSent;
  ++under_way_;
  if (!is_new(turn.asker())) return;
  ++under_way_new_;
  Client& client = clients_[line_of(turn.asker())];
  ++client.under_way;
  if (client.in_turns) turns_.splice(turns_.end(), turns_, *client.in_turns);
}

void Admission::leave_line(Turn& turn) {
  by_age_.erase(turn.by_age_);
  if (!is_new(turn.asker())) {
    known_line_.erase(turn.in_line_);
    return;
  }
  Client& client = clients_[line_of(turn.asker())];
  client.line.erase(turn.in_line_);
  if (!client.line.empty()) return;
  turns_.erase(*client.in_turns);
  client.in_turns.reset();
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
  if (before == Turn::State::kIdle) return;
  if (before == Turn::State::kWaiting) leave_line(turn);
  if (before == Turn::State::kSent) --under_way_;
  if (!is_new(turn.asker())) return;
  if (before == Turn::State::kSent) {
    --under_way_new_;
    --clients_[line_of(turn.asker())].under_way;
  }
  forget_if_idle(line_of(turn.asker()));
}

void Admission::forget_if_idle(const IpAddress& address) {
  const auto found = clients_.find(address);
  if (found == clients_.end()) return;
  const Client& client = found->second;
  if (client.places == 0 && client.under_way == 0 && client.line.empty()) clients_.erase(found);
}

}  // namespace auth
