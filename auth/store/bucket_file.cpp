// SPDX-License-Identifier: Apache-2.0
#include "auth/store/bucket_file.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace auth::bucket {
namespace {

// The head of each entry in the file.
struct Head {
  StoreKey key;
  std::uint64_t checksum;
  std::uint64_t size;
};
static_assert(sizeof(Head) + kMaxSealedBytes <= (kAnswers.end - kAnswers.begin) * kUnitBytes);

// Detects most torn or damaged entries; the seal detects the rest, and forged ones.
std::uint64_t checksum(std::string_view bytes) noexcept {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;  // odd, so that nothing is lost
  constexpr int kTurn = 29;
  std::uint64_t sum = bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), size);
    sum = std::rotl(sum ^ word, kTurn) * kFactor;
    bytes.remove_prefix(size);
  }
  return sum;
}

// Returns the entry in the form of the file, in whole units.
std::string entry_of(const StoreKey& key, std::string_view sealed) {
  const Head head{key, checksum(sealed), sealed.size()};
  std::string entry(reinterpret_cast<const char*>(&head), sizeof head);
  entry.append(sealed);
  entry.resize((entry.size() + kUnitBytes - 1) / kUnitBytes * kUnitBytes);
  return entry;
}

Mistake system_mistake(int number) { return {std::generic_category().message(number)}; }

}  // namespace

// Locks a bucket until the object ends; never waits for the lock. The file system's lock belongs to
// the open file, which the threads of a process share: between them, a flag counts.
class BucketFile::BucketLock {
 public:
  BucketLock(const BucketFile& file, const Bucket& bucket)
      : file_(file.file_.get()),
        place_(bucket.at(0)),
        writing_(file.writing_[bucket.number]),
        taken_(take()) {}
  BucketLock(const BucketLock&) = delete;
  BucketLock& operator=(const BucketLock&) = delete;
  ~BucketLock() {
    if (!taken_) return;
    static_cast<void>(set(F_UNLCK));
    writing_ = false;
  }

  [[nodiscard]] bool taken() const noexcept { return taken_; }

 private:
  [[nodiscard]] bool take() const noexcept {
    if (writing_.exchange(true)) return false;
    // If the file system knows no such lock, entries may get lost, but nothing else happens.
    if (set(F_WRLCK) || (errno != EAGAIN && errno != EACCES && errno != EINTR)) return true;
    writing_ = false;
    return false;
  }

  [[nodiscard]] bool set(short type) const noexcept {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = place_;
    range.l_len = 1;
    return ::fcntl(file_, F_OFD_SETLK, &range) == 0;
  }

  const int file_;
  const off_t place_;
  std::atomic<bool>& writing_;
  const bool taken_;
};

BucketFile::BucketFile(Descriptor file, std::size_t buckets)
    : file_(std::move(file)),
      buckets_(buckets),
      writing_(std::make_unique<std::atomic<bool>[]>(buckets)) {}

std::optional<std::string> BucketFile::get(const StoreKey& key, WallTime now) const {
  const Bucket bucket = bucket_of(key);
  const Seconds time = seconds_of(now);
  Index index{};
  if (!read(bucket, index)) return std::nullopt;
  for (std::size_t slot = 0; (slot = find(index, bucket.tag, slot, time)) < kSlots; ++slot) {
    if (auto sealed = read(bucket, index[slot], key)) return sealed;
  }
  return std::nullopt;
}

BucketFile::Done BucketFile::put(const StoreKey& key, const SharedStore::Entry& entry,
                                 const SharedStore::Keeps& keeps, WallTime now) {
  const Bucket bucket = bucket_of(key);
  const Seconds time = seconds_of(now);
  const bool is_refusal = entry.kind == SharedStore::Kind::kRefusal;
  const BucketLock lock(*this, bucket);
  if (!lock.taken() && !is_refusal) return {};
  Index index{};
  if (Done done = read(bucket, index); !done) return done;
  if (keeps && stays(bucket, index, key, keeps, time)) return {};
  const std::string bytes = entry_of(key, entry.sealed);
  const std::size_t units = bytes.size() / kUnitBytes;
  const auto room = room_for(index, is_refusal ? kRefusals : kAnswers, bucket.tag, units, time);
  if (!room) return {};
  const Seconds until = std::min(seconds_of(entry.until), time + kLongestLife);
  const Slot slot{bucket.tag, time, until, static_cast<std::uint16_t>(room->place),
                  static_cast<std::uint16_t>(units)};
  return write(bucket, *room, slot, bytes);
}

BucketFile::Bucket BucketFile::bucket_of(const StoreKey& key) const noexcept {
  std::uint64_t number = 0;
  Bucket bucket{};
  std::memcpy(&number, key.data(), sizeof number);
  std::memcpy(&bucket.tag, key.data() + sizeof number, sizeof bucket.tag);
  bucket.number = static_cast<std::size_t>(number % buckets_);
  return bucket;
}

// Beyond the end of the file, all slots are free.
BucketFile::Done BucketFile::read(const Bucket& bucket, Index& index) const {
  const ssize_t count = ::pread(file_.get(), index.data(), sizeof index, bucket.at(0));
  if (count < 0) return system_mistake(errno);
  return {};
}

// nullopt if the entry is another key's, or not whole.
std::optional<std::string> BucketFile::read(const Bucket& bucket, const Slot& slot,
                                            const StoreKey& key) const {
  const std::size_t bytes = slot.units * kUnitBytes;
  if (bytes < sizeof(Head)) return std::nullopt;
  Head head{};
  std::string sealed(bytes - sizeof head, '\0');
  const std::array<iovec, 2> parts{{{&head, sizeof head}, {sealed.data(), sealed.size()}}};
  const ssize_t count =
      ::preadv(file_.get(), parts.data(), parts.size(), bucket.at(slot.place * kUnitBytes));
  if (count != static_cast<ssize_t>(bytes)) return std::nullopt;
  if (head.key != key || head.size > sealed.size()) return std::nullopt;
  sealed.resize(head.size);
  if (head.checksum != checksum(sealed)) return std::nullopt;
  return sealed;
}

bool BucketFile::stays(const Bucket& bucket, const Index& index, const StoreKey& key,
                       const SharedStore::Keeps& keeps, Seconds now) const {
  for (std::size_t slot = 0; (slot = find(index, bucket.tag, slot, now)) < kSlots; ++slot) {
    const auto sealed = read(bucket, index[slot], key);
    if (sealed && keeps(*sealed)) return true;
  }
  return false;
}

BucketFile::Done BucketFile::write(off_t place, const void* bytes, std::size_t size) const {
  const ssize_t count = ::pwrite(file_.get(), bytes, size, place);
  if (count == static_cast<ssize_t>(size)) return {};
  return system_mistake(count < 0 ? errno : ENOSPC);
}

// The order matters: a slot leads only to an entry that is whole, even if the process is killed.
BucketFile::Done BucketFile::write(const Bucket& bucket, const Room& room, const Slot& slot,
                                   const std::string& entry) const {
  constexpr Slot kFree{};
  for (const std::size_t evicted : room.evicted) {
    Done freed = write(bucket.at(evicted * sizeof kFree), &kFree, sizeof kFree);
    if (!freed) return freed;
  }
  Done written = write(bucket.at(slot.place * kUnitBytes), entry.data(), entry.size());
  return written ? write(bucket.at(room.slot * sizeof slot), &slot, sizeof slot) : written;
}

}  // namespace auth::bucket
