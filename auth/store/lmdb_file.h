// LmdbFile: the entries of an LMDB environment that this process shares with others.
#pragma once

#include <lmdb.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/descriptor.h"
#include "auth/base/mutex.h"
#include "auth/store/lmdb_environment.h"
#include "auth/store/shared_store.h"

namespace auth::lmdb {

// Thread-safe. Not to be used after a fork, but may be destroyed then.
class LmdbFile {
 public:
  // The folder holds what Environment::create has made. Who opens one that is open in this process
  // gets the same again.
  [[nodiscard]] static std::variant<std::shared_ptr<LmdbFile>, Failure> open(Descriptor folder);

  LmdbFile(const LmdbFile&) = delete;
  LmdbFile& operator=(const LmdbFile&) = delete;
  ~LmdbFile();

  [[nodiscard]] const Environment& environment() const noexcept { return *environment_; }

  using Found = std::variant<std::optional<std::string>, Failure>;
  // Neither waits for a writer nor keeps one waiting. Only as many threads as have not read at the
  // same time before take a turn (lmdb_turn.h).
  [[nodiscard]] Found get(const StoreKey& key, WallTime now);

  // Makes room first. Waits for kTurnWait at most.
  [[nodiscard]] std::optional<Failure> put(const StoreKey& key, std::string_view entry,
                                           WallTime until, WallTime now);

 private:
  class Snapshot;
  class WriterTurn;
  explicit LmdbFile(std::unique_ptr<Environment> environment)
      : environment_(std::move(environment)) {}

  [[nodiscard]] std::optional<Failure> open_tree();
  [[nodiscard]] int write(const StoreKey& key, std::string_view entry, WallTime until,
                          WallTime now);
  [[nodiscard]] int change(MDB_txn* transaction, const StoreKey& key, std::string_view entry,
                           WallTime until, WallTime now);

  const std::unique_ptr<Environment> environment_;
  MDB_dbi tree_ = 0;

  Mutex readers_mutex_;
  std::vector<MDB_txn*> readers_ GUARDED_BY(readers_mutex_);  // at rest, to be renewed

  std::atomic<bool> writing_{false};  // who sets it owns what follows
  bool checked_ = false;
  unsigned writes_ = 0;
};

}  // namespace auth::lmdb
