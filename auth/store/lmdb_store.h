// LmdbStore: the store of the processes on one machine, an LMDB file in a private folder.
//
// A folder that is no good, a full disk, a file that was damaged: the program goes on without it,
// and makes it anew where that helps.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/store/shared_store.h"
#include "auth/store/store_log.h"

namespace auth {

namespace lmdb {
class Generations;
class LmdbFile;
struct Failure;
}  // namespace lmdb

// How often it is looked whether the file in use has been replaced, or can be opened by now. Also
// how long nothing is written after writing has failed.
constexpr std::chrono::seconds kLmdbPause{1};

// Opens nothing before it is first used, and anew after a fork: so it may be made before one.
class LmdbStore final : public SharedStore {
 public:
  // folder: made with mode 0700 where there is none, but no folder above it. Refused, with a line
  // in the log, when it is a link, belongs to another user or may be written to by others. The
  // clock must outlive the store.
  LmdbStore(const std::string& folder, const Clock& clock);
  ~LmdbStore() override;

  // A few microseconds. Waits for no writer; for others that open it at the same time, 50 ms at
  // most (lmdb::kTurnWait).
  [[nodiscard]] std::optional<std::string> get(const StoreKey& key) override;

  // Waits for other writers for 50 ms at most (lmdb::kTurnWait).
  void put(const StoreKey& key, std::string_view entry, WallTime until) override;

 private:
  using File = std::shared_ptr<lmdb::LmdbFile>;

  // Null where it is out of order.
  [[nodiscard]] File file();
  [[nodiscard]] std::optional<File> file_in_hand();
  [[nodiscard]] File open();
  void drop(const File& file, const lmdb::Failure& failure);

  const std::unique_ptr<const lmdb::Generations> generations_;
  const Clock& clock_;
  StoreLog log_;

  Mutex opening_;  // held while a file is opened: who needs it waits for that
  Mutex mutex_;
  File file_ GUARDED_BY(mutex_);
  pid_t process_ GUARDED_BY(mutex_) = 0;  // that opened it
  SteadyTime look_at_ GUARDED_BY(mutex_){};
  SteadyTime write_at_ GUARDED_BY(mutex_){};
  SteadyTime dropped_at_ GUARDED_BY(mutex_){};
};

}  // namespace auth
