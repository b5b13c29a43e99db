// SPDX-License-Identifier: Apache-2.0
// BucketFile: a file of buckets, each an index (bucket_index.h) and the entries that it leads to.
//
// Entries are sealed: what is torn, damaged or made up does not open (sealed_entry.h). So nobody
// waits for a lock, nothing is recovered after a crash, and the file is never "damaged". It is read
// and written, not mapped: a file that is cut while in use just holds less.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/descriptor.h"
#include "auth/base/result.h"
#include "auth/store/bucket_index.h"
#include "auth/store/shared_store.h"

namespace auth::bucket {

// Thread-safe. Not to be used after a fork: its locks are the parent's.
class BucketFile {
 public:
  using Done = Result<void, Mistake>;

  // file: open for reading and writing. A missing part, of an empty or cut file, holds no entries;
  // the file grows as it is written.
  BucketFile(Descriptor file, std::size_t buckets);

  // Returns the sealed entry; nullopt if there is none, or if the file cannot be read.
  [[nodiscard]] std::optional<std::string> get(const StoreKey& key, WallTime now) const;

  // As SharedStore::put. The mistake says why the file cannot be read or written: "No space left".
  // If somebody else writes to the bucket at this moment, an answer is not kept. A refusal is kept
  // even then: the other process may have been stopped, and an older answer would count meanwhile.
  [[nodiscard]] Done put(const StoreKey& key, const SharedStore::Entry& entry,
                         const SharedStore::Keeps& keeps, WallTime now);

 private:
  class BucketLock;

  // The bucket of a key, and the tag of its slots there.
  struct Bucket {
    std::size_t number;
    std::uint32_t tag;

    [[nodiscard]] off_t at(std::size_t offset) const noexcept {
      return static_cast<off_t>(number * kBucketBytes + offset);
    }
  };

  [[nodiscard]] Bucket bucket_of(const StoreKey& key) const noexcept;
  [[nodiscard]] Done read(const Bucket& bucket, Index& index) const;
  [[nodiscard]] std::optional<std::string> read(const Bucket& bucket, const Slot& slot,
                                                const StoreKey& key) const;
  [[nodiscard]] bool stays(const Bucket& bucket, const Index& index, const StoreKey& key,
                           const SharedStore::Keeps& keeps, Seconds now) const;
  [[nodiscard]] Done write(off_t place, const void* bytes, std::size_t size) const;
  [[nodiscard]] Done write(const Bucket& bucket, const Room& room, const Slot& slot,
                           const std::string& entry) const;

  const Descriptor file_;
  const std::size_t buckets_;
  // Whether a thread of this process writes to the bucket.
  const std::unique_ptr<std::atomic<bool>[]> writing_;
};

}  // namespace auth::bucket
