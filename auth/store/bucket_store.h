// SPDX-License-Identifier: Apache-2.0
// BucketStore: the store of the processes on one machine, a file of buckets in a private folder.
//
// If the folder or the file cannot be used, or the disk is full, the program goes on without the
// store, and returns to it later. The file outlives a reboot.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"
#include "auth/store/shared_store.h"
#include "auth/store/store_log.h"

namespace auth {

namespace bucket {
class BucketFile;
}  // namespace bucket

constexpr std::size_t kBucketStoreBytes = 64 << 20;
// Interval at which the store checks whether another file has taken the place of the one in use, or
// can be opened now. Also the time for which it writes nothing after a failed write.
constexpr std::chrono::seconds kBucketPause{1};

// Opens its file when it is first used, and again after a fork: so it may be made before a fork.
class BucketStore final : public SharedStore {
 public:
  // folder: made with mode 0700 where there is none, but no folder above it. Refused, with a line
  // in the log, when it is a link, belongs to another user or may be written to by others.
  // max_bytes: of the file, 128 KiB at least. It takes only as much of the disk as has been in use.
  // Stores of different sizes have different files, and share nothing.
  // The clock must outlive the store.
  BucketStore(std::string folder, const Clock& clock, std::size_t max_bytes = kBucketStoreBytes,
              Metrics& metrics = Metrics::unread());
  ~BucketStore() override;

  // Each finishes its work, and has called found or kept, before it returns. None waits for another
  // thread or process.
  void get(const StoreKey& key, Found found) override;
  void put(const StoreKey& key, Entry entry, Keeps keeps, Kept kept) override;
  void stop() override {}

  // The same, without a call back. See BucketFile::put for what is left out.
  [[nodiscard]] std::optional<std::string> get(const StoreKey& key);
  void put(const StoreKey& key, const Entry& entry, const Keeps& keeps);

 private:
  using File = std::shared_ptr<bucket::BucketFile>;

  // Returns null while the store is out of order.
  [[nodiscard]] File file();
  [[nodiscard]] Result<File, Mistake> open() const;
  [[nodiscard]] bool may_write();

  const std::string folder_;
  const std::size_t buckets_;
  const std::string file_name_;
  const Clock& clock_;
  StoreLog log_;

  Mutex mutex_;
  File file_ GUARDED_BY(mutex_);
  pid_t process_ GUARDED_BY(mutex_) = 0;  // the one that opened the file
  SteadyTime look_at_ GUARDED_BY(mutex_){};
  SteadyTime write_at_ GUARDED_BY(mutex_){};
};

}  // namespace auth
