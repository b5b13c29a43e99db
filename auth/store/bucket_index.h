// SPDX-License-Identifier: Apache-2.0
// The index of a bucket: where its entries are, which of them count, and where a new one goes.
//
// Refusals have a space of their own, so that a flood of made-up tokens pushes out no answer.
// An index may hold anything: each slot that counts leads into its bucket all the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "auth/base/clock.h"

namespace auth::bucket {

constexpr std::size_t kBucketBytes = 128 << 10;
constexpr std::size_t kUnitBytes = 8;  // places and sizes count in units

using Seconds = std::uint32_t;  // since 1970
[[nodiscard]] Seconds seconds_of(WallTime time) noexcept;
// Maximum lifetime of an entry, longer than ZITADEL_CACHE_TTL and ZITADEL_GRACE can be: an entry
// that claims to live longer is damaged.
constexpr Seconds kLongestLife = 48 * 3600;

// The place of an entry. A free slot is all zero.
struct Slot {
  std::uint32_t tag;  // four bytes of the key
  Seconds since;      // when it was written
  Seconds until;      // when it ends
  std::uint16_t place;
  std::uint16_t units;
};

constexpr std::size_t kSlots = 256;
using Index = std::array<Slot, kSlots>;
constexpr std::size_t kIndexUnits = sizeof(Index) / kUnitBytes;

// The slots and the units for one kind of entry, each without its end.
struct Space {
  std::size_t first_slot, end_slot;
  std::size_t begin, end;
};
constexpr Space kRefusals{0, kSlots / 4, kIndexUnits, kIndexUnits + 1024};
constexpr Space kAnswers{kRefusals.end_slot, kSlots, kRefusals.end, kBucketBytes / kUnitBytes};

// Returns whether the slot has an entry now. An entry written in the future, by a clock that has
// been set back since, does not count: it would stay longest.
[[nodiscard]] bool is_live(const Index& index, std::size_t slot, Seconds now) noexcept;

// Returns the first live slot of the tag from there on, refusals before answers. kSlots if none.
[[nodiscard]] std::size_t find(const Index& index, std::uint32_t tag, std::size_t from,
                               Seconds now) noexcept;

struct Room {
  std::size_t slot;
  std::size_t place;
  std::vector<std::size_t> evicted;  // slots to free before anything is written
};

// Returns where a new entry goes, in the slot that its tag has in the space, if any. The entries
// that end first are evicted, no more than needed; the tag's other slots are freed in any case.
// nullopt if the space is smaller than the entry.
[[nodiscard]] std::optional<Room> room_for(const Index& index, const Space& space,
                                           std::uint32_t tag, std::size_t units, Seconds now);

}  // namespace auth::bucket
