// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/connection_table.h"

#include <sys/epoll.h>

namespace fcgi {

std::uint64_t ConnectionTable::add(auth::Descriptor socket) {
  if (entries_.size() >= tools_.options.max_connections) make_room();
  const std::uint64_t number = ++last_number_;
  entries_.try_emplace(number, number, std::move(socket), tools_);
  return number;
}

Connection* ConnectionTable::find(std::uint64_t number) {
  const auto found = entries_.find(number);
  return found == entries_.end() ? nullptr : &found->second.connection;
}

void ConnectionTable::settle(std::uint64_t number) {
  const auto entry = entries_.find(number);
  const bool is_over = entry->second.connection.state() == Connection::State::kClosed;
  if (is_over || !watch(entry)) return remove(entry);
  count_held(entry->second, entry->second.connection.held());
  shed();
}

bool ConnectionTable::watch(Entries::iterator entry) {
  auto& [connection, watched, held] = entry->second;
  const std::uint32_t wanted = connection.events();
  if (wanted == watched) return true;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = entry->first;
  const int operation = watched == kNotWatched ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  watched = wanted;
  return ::epoll_ctl(epoll_.get(), operation, connection.socket(), &event) == 0;
}

void ConnectionTable::count_held(Entry& entry, std::size_t held) {
  if (held == entry.held) return;
  held_ += held - entry.held;
  all_held_ += held - entry.held;
  entry.held = held;
}

void ConnectionTable::shed() {
  const std::size_t most = tools_.options.max_held;
  while (held_ > most / loops_ && all_held_ > most) {
    const auto entry = stillest([](const Entry& each) { return each.held > 0; });
    if (entry == entries_.end()) return;
    constexpr auto kTooMuch = "too much waits for web servers: a connection was closed";
    tools_.log.add(auth::LogLevel::kWarn, kTooMuch, kTooMuch);
    abandon(entry);
  }
}

bool ConnectionTable::make_room() {
  const auto entry = stillest([](const Entry& each) { return each.connection.waits_for_peer(); });
  if (entry == entries_.end()) return false;
  abandon(entry);
  return true;
}

void ConnectionTable::abandon_late() {
  for (auto each = entries_.begin(); each != entries_.end();) {
    const auto entry = each++;
    if (entry->second.connection.is_late()) abandon(entry);
  }
}

void ConnectionTable::refuse_all(const Response& refusal) {
  for (auto& [number, entry] : entries_) entry.connection.refuse_unless_answered(refusal);
  while (!entries_.empty()) abandon(entries_.begin());
}

std::vector<std::uint64_t> ConnectionTable::answered() const {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, entry] : entries_) {
    if (entry.connection.is_answered()) numbers.push_back(number);
  }
  return numbers;
}

void ConnectionTable::abandon(Entries::iterator entry) {
  entry->second.connection.abandon();
  remove(entry);
}

void ConnectionTable::remove(Entries::iterator entry) {
  count_held(entry->second, 0);
  entries_.erase(entry);
}

template <typename IsMeant>
ConnectionTable::Entries::iterator ConnectionTable::stillest(IsMeant is_meant) {
  auto found = entries_.end();
  for (auto each = entries_.begin(); each != entries_.end(); ++each) {
    if (!is_meant(each->second)) continue;
    const bool earlier = found == entries_.end() ||
                         each->second.connection.moved_at() < found->second.connection.moved_at();
    if (earlier) found = each;
  }
  return found;
}

}  // namespace fcgi
