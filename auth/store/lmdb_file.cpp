#include "auth/store/lmdb_file.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <tuple>
#include <utility>

#include "auth/store/lmdb_call.h"
#include "auth/store/lmdb_check.h"
#include "auth/store/lmdb_entries.h"
#include "auth/store/lmdb_turn.h"

namespace auth::lmdb {
namespace {

// Less than the file takes, since removing needs free pages, too.
constexpr std::size_t kMaxUsedBytes = kMapBytes / 4 * 3;
constexpr unsigned kReaderCheckInterval = 256;  // writes
constexpr int kSnapshotTries = 3;

// Files that are open in this process. A child knows its parent's, so its number is part of the
// key.
struct OpenFiles {
  using Key = std::tuple<pid_t, dev_t, ino_t>;
  Mutex mutex;
  std::map<Key, std::weak_ptr<LmdbFile>> files GUARDED_BY(mutex);
};

OpenFiles& open_files() {
  static OpenFiles files;
  return files;
}

// mdb_txn_abort would also write to the transaction's place among the readers, which is another
// process's by now where the lock file was damaged. So only its memory goes, as in LMDB 0.9: one
// calloc in mdb_txn_begin, one free in mdb_txn_end. Its place goes when the environment is closed.
void forget(MDB_txn* at_rest) noexcept { std::free(at_rest); }

int clear_dead_readers(const Environment& environment) {
  const LockFileTurn turn(environment.data_file().descriptor);
  return turn.taken() ? mdb_reader_check(environment.get(), nullptr) : EBUSY;
}

}  // namespace

// A committed state, for reading.
class LmdbFile::Snapshot {
 public:
  explicit Snapshot(LmdbFile& file) : file_(file) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() {
    if (transaction_ == nullptr) return;
    mdb_txn_reset(transaction_);
    const MutexLock lock(file_.readers_mutex_);
    file_.readers_.push_back(transaction_);
  }

  [[nodiscard]] int begin() {
    MDB_txn* const rested = take_rested();
    if (rested == nullptr) return begin_new();
    const int result = mdb_txn_renew(rested);
    if (result == MDB_SUCCESS) {
      transaction_ = rested;
    } else {
      forget(rested);
    }
    return result;
  }

  [[nodiscard]] MDB_txn* transaction() const noexcept { return transaction_; }
  [[nodiscard]] std::size_t number() const noexcept { return mdb_txn_id(transaction_); }

 private:
  MDB_txn* take_rested() {
    const MutexLock lock(file_.readers_mutex_);
    if (file_.readers_.empty()) return nullptr;
    MDB_txn* const rested = file_.readers_.back();
    file_.readers_.pop_back();
    return rested;
  }

  int begin_new() {
    const int result = take_place();
    if (result != MDB_READERS_FULL) return result;
    const int cleared = clear_dead_readers(*file_.environment_);
    return cleared == MDB_SUCCESS ? take_place() : cleared;
  }

  int take_place() {
    const LockFileTurn turn(file_.environment_->data_file().descriptor);
    if (!turn.taken()) return EBUSY;
    return mdb_txn_begin(file_.environment_->get(), nullptr, MDB_RDONLY, &transaction_);
  }

  LmdbFile& file_;
  MDB_txn* transaction_ = nullptr;
};

// A flag between threads, a lock on the data file between processes.
class LmdbFile::WriterTurn {
 public:
  explicit WriterTurn(LmdbFile& file) : file_(file), taken_(take_turn([this] { return take(); })) {}
  WriterTurn(const WriterTurn&) = delete;
  WriterTurn& operator=(const WriterTurn&) = delete;
  ~WriterTurn() {
    if (!taken_) return;
    static_cast<void>(::flock(descriptor(), LOCK_UN));
    file_.writing_ = false;
  }

  [[nodiscard]] bool taken() const noexcept { return taken_; }

 private:
  [[nodiscard]] int descriptor() const noexcept {
    return file_.environment_->data_file().descriptor;
  }

  [[nodiscard]] bool take() noexcept {
    if (file_.writing_.exchange(true)) return false;
    if (::flock(descriptor(), LOCK_EX | LOCK_NB) == 0) return true;
    file_.writing_ = false;
    return false;
  }

  LmdbFile& file_;
  const bool taken_;
};

std::variant<std::shared_ptr<LmdbFile>, Failure> LmdbFile::open(Descriptor folder) {
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) return Failure{Trouble::kFailed, "it has no folder"};
  const OpenFiles::Key key{::getpid(), status.st_dev, status.st_ino};
  // Held over opening and closing: LMDB does not bear that its files are closed somewhere in a
  // process while they are opened elsewhere in it.
  const MutexLock lock(open_files().mutex);
  if (const auto known = open_files().files.find(key); known != open_files().files.end()) {
    if (std::shared_ptr<LmdbFile> file = known->second.lock()) return file;
    return Failure{Trouble::kFailed, "it is being closed"};
  }
  auto environment = Environment::open(std::move(folder));
  if (auto* failure = std::get_if<Failure>(&environment)) return std::move(*failure);
  std::unique_ptr<LmdbFile> made(
      new LmdbFile(std::get<std::unique_ptr<Environment>>(std::move(environment))));
  if (std::optional<Failure> failure = made->open_tree()) return *std::move(failure);
  std::shared_ptr<LmdbFile> file(made.release(), [key](LmdbFile* closed) {
    const MutexLock closing(open_files().mutex);
    delete closed;
    open_files().files.erase(key);
  });
  open_files().files.emplace(key, file);
  return file;
}

LmdbFile::~LmdbFile() {
  for (MDB_txn* const reader : readers_) forget(reader);
}

std::optional<Failure> LmdbFile::open_tree() {
  Snapshot first(*this);
  int result = first.begin();
  if (result == MDB_SUCCESS) result = mdb_dbi_open(first.transaction(), nullptr, 0, &tree_);
  return result == MDB_SUCCESS ? std::nullopt : std::optional(failure_of(result));
}

LmdbFile::Found LmdbFile::get(const StoreKey& key, WallTime now) {
  if (!environment_->is_whole()) return Failure{Trouble::kDamaged, "its files have been cut"};
  Soundness soundness = Soundness::kGone;
  // A state may be replaced while it is looked at.
  for (int i = 0; i < kSnapshotTries; ++i) {
    Snapshot snapshot(*this);
    int result = snapshot.begin();
    if (result != MDB_SUCCESS) return failure_of(result);
    soundness = check_path(environment_->data_file(), snapshot.number(), entry_key(key));
    if (soundness != Soundness::kSound) continue;
    std::optional<std::string> found;
    result = Entries(snapshot.transaction(), tree_).find(key, now, found);
    if (result != MDB_SUCCESS) return failure_of(result);
    return found;
  }
  if (soundness == Soundness::kGone) return std::nullopt;
  return Failure{Trouble::kDamaged, "its pages are damaged"};
}

std::optional<Failure> LmdbFile::put(const StoreKey& key, std::string_view entry, WallTime until,
                                     WallTime now) {
  if (!environment_->is_whole()) return Failure{Trouble::kDamaged, "its files have been cut"};
  const WriterTurn turn(*this);
  if (!turn.taken()) return failure_of(EBUSY);
  int result = MDB_SUCCESS;
  // Else what a killed process was reading would be kept for ever.
  if (writes_++ % kReaderCheckInterval == 0) {
    result = clear_dead_readers(*environment_);
  }
  if (result == MDB_SUCCESS) result = write(key, entry, until, now);
  return result == MDB_SUCCESS ? std::nullopt : std::optional(failure_of(result));
}

int LmdbFile::write(const StoreKey& key, std::string_view entry, WallTime until, WallTime now) {
  MDB_txn* transaction = nullptr;
  int result = mdb_txn_begin(environment_->get(), nullptr, 0, &transaction);
  if (result != MDB_SUCCESS) return result;
  result = change(transaction, key, entry, until, now);
  bool ended = false;
  if (result == MDB_SUCCESS) {
    result = call([&] {
      const int committed = mdb_txn_commit(transaction);
      ended = true;
      return committed;
    });
  }
  if (!ended) mdb_txn_abort(transaction);
  return result;
}

int LmdbFile::change(MDB_txn* transaction, const StoreKey& key, std::string_view entry,
                     WallTime until, WallTime now) {
  const DataFile file = environment_->data_file();
  // Reading looks at its own way each time. Writing may touch any page, and to look at all of them
  // each time would take too long: so it is done once.
  if (!checked_) {
    checked_ = check_all(file, mdb_txn_id(transaction) - 1) == Soundness::kSound;
    if (!checked_) return MDB_CORRUPTED;
  }
  Entries entries(transaction, tree_);
  const int result = entries.make_room(now, kMaxUsedBytes / file.page_size);
  return result == MDB_SUCCESS ? entries.put(key, entry, until) : result;
}

}  // namespace auth::lmdb
