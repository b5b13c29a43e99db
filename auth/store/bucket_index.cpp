// SPDX-License-Identifier: Apache-2.0
#include "auth/store/bucket_index.h"

#include <algorithm>
#include <limits>

namespace auth::bucket {
namespace {

// Maximum difference between the clocks of machines that share a file.
constexpr Seconds kSkew = 60;

std::size_t end_of(const Slot& slot) noexcept { return std::size_t{slot.place} + slot.units; }

// Returns the live slots of the space, sorted by their places.
std::vector<std::size_t> live_slots(const Index& index, const Space& space, Seconds now) {
  std::vector<std::size_t> live;
  for (std::size_t slot = space.first_slot; slot < space.end_slot; ++slot) {
    if (is_live(index, slot, now)) live.push_back(slot);
  }
  std::sort(live.begin(), live.end(), [&](std::size_t left, std::size_t right) {
    return index[left].place < index[right].place;
  });
  return live;
}

// Returns the end of the space if others have all slots.
std::size_t slot_for(const Index& index, const Space& space, std::uint32_t tag,
                     Seconds now) noexcept {
  const std::size_t own = find(index, tag, space.first_slot, now);
  if (own < space.end_slot) return own;
  std::size_t slot = space.first_slot;
  while (slot < space.end_slot && is_live(index, slot, now)) ++slot;
  return slot;
}

std::size_t first_to_end(const Index& index, const std::vector<std::size_t>& live) noexcept {
  return *std::min_element(live.begin(), live.end(), [&](std::size_t left, std::size_t right) {
    return index[left].until < index[right].until;
  });
}

// An entry may begin at the start of the space or after another entry. Chooses the place where all
// the entries in the way have ended first.
void take_place(const Index& index, const Space& space, const std::vector<std::size_t>& live,
                std::size_t units, Room& room) {
  std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
  std::size_t begin = space.begin;
  std::ptrdiff_t from = 0;
  std::ptrdiff_t to = 0;
  for (std::size_t first = 0; best > 0 && begin + units <= space.end; ++first) {
    Seconds last_end = 0;
    std::size_t next = first;
    for (; next < live.size() && index[live[next]].place < begin + units; ++next) {
      last_end = std::max(last_end, index[live[next]].until);
    }
    if (last_end < best) {
      best = last_end;
      room.place = begin;
      from = static_cast<std::ptrdiff_t>(first);
      to = static_cast<std::ptrdiff_t>(next);
    }
    if (first == live.size()) break;
    begin = std::max(begin, end_of(index[live[first]]));
  }
  room.evicted.insert(room.evicted.end(), live.begin() + from, live.begin() + to);
}

}  // namespace

Seconds seconds_of(WallTime time) noexcept {
  return static_cast<Seconds>(std::clamp<std::int64_t>(time.time_since_epoch().count(), 0,
                                                       std::numeric_limits<Seconds>::max()));
}

bool is_live(const Index& index, std::size_t slot, Seconds now) noexcept {
  const Slot& entry = index[slot];
  const Space& space = slot < kRefusals.end_slot ? kRefusals : kAnswers;
  return entry.until > now && entry.since <= std::uint64_t{now} + kSkew &&
         entry.until <= std::uint64_t{entry.since} + kLongestLife && entry.units > 0 &&
         entry.place >= space.begin && end_of(entry) <= space.end;
}

std::size_t find(const Index& index, std::uint32_t tag, std::size_t from, Seconds now) noexcept {
  while (from < kSlots && (index[from].tag != tag || !is_live(index, from, now))) ++from;
  return from;
}

std::optional<Room> room_for(const Index& index, const Space& space, std::uint32_t tag,
                             std::size_t units, Seconds now) {
  if (units > space.end - space.begin) return std::nullopt;
  std::vector<std::size_t> live = live_slots(index, space, now);
  Room room{slot_for(index, space, tag, now), space.begin, {}};
  if (room.slot == space.end_slot) {
    room.slot = first_to_end(index, live);
    room.evicted.push_back(room.slot);
    std::erase(live, room.slot);
  }
  for (std::size_t slot = 0; (slot = find(index, tag, slot, now)) < kSlots; ++slot) {
    if (slot != room.slot) room.evicted.push_back(slot);
  }
  take_place(index, space, live, units, room);
  return room;
}

}  // namespace auth::bucket
