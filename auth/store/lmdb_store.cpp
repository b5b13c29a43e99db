#include "auth/store/lmdb_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>
#include <variant>

#include "auth/store/lmdb_file.h"
#include "auth/store/lmdb_generations.h"

namespace auth {

using lmdb::Failure;
using lmdb::LmdbFile;
using lmdb::Trouble;

namespace {

// One that was found damaged, and the one that is made for it.
constexpr int kTries = 2;

}  // namespace

LmdbStore::LmdbStore(const std::string& folder, const Clock& clock)
    : generations_(std::make_unique<const lmdb::Generations>(folder)),
      clock_(clock),
      log_("the shared cache in " + folder, clock) {}

LmdbStore::~LmdbStore() = default;

std::optional<std::string> LmdbStore::get(const StoreKey& key) {
  const File used = file();
  if (!used) return std::nullopt;
  LmdbFile::Found found = used->get(key, clock_.wall());
  if (auto* entry = std::get_if<std::optional<std::string>>(&found)) return std::move(*entry);
  drop(used, std::get<Failure>(found));
  return std::nullopt;
}

void LmdbStore::put(const StoreKey& key, std::string_view entry, WallTime until) {
  const WallTime now = clock_.wall();
  if (entry.size() > kMaxSealedBytes || until <= now) return;
  {
    const MutexLock lock(mutex_);
    if (clock_.steady() < write_at_) return;
  }
  for (int i = 0; i < kTries; ++i) {
    const File used = file();
    if (!used) return;
    const std::optional<Failure> failure = used->put(key, entry, until, now);
    if (!failure) return log_.works();
    drop(used, *failure);
    if (failure->trouble != Trouble::kDamaged) return;
  }
}

LmdbStore::File LmdbStore::file() {
  if (std::optional<File> known = file_in_hand()) return *std::move(known);
  const MutexLock opening(opening_);
  if (std::optional<File> known = file_in_hand()) return *std::move(known);
  File old;
  {
    const MutexLock lock(mutex_);
    old = std::move(file_);
    file_ = nullptr;
    if (process_ != ::getpid()) old = nullptr;
  }
  const bool stays = old && generations_->is_current(old->environment().folder());
  if (!stays) {
    // It must be closed before it can be opened again.
    old = nullptr;
    old = open();
  }
  const MutexLock lock(mutex_);
  file_ = old;
  process_ = ::getpid();
  look_at_ = clock_.steady() + kLmdbPause;
  return old;
}

// Nothing where it is time to look for a file.
std::optional<LmdbStore::File> LmdbStore::file_in_hand() {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (now >= look_at_ || process_ != ::getpid()) return std::nullopt;
  return file_;
}

LmdbStore::File LmdbStore::open() {
  for (int i = 0; i < kTries; ++i) {
    auto folder = generations_->open();
    if (const auto* failure = std::get_if<Failure>(&folder)) {
      log_.failed(failure->what);
      return nullptr;
    }
    Descriptor& found = std::get<Descriptor>(folder);
    const Descriptor kept(::fcntl(found.get(), F_DUPFD_CLOEXEC, 0));
    auto opened = LmdbFile::open(std::move(found));
    if (auto* file = std::get_if<File>(&opened)) {
      log_.works();
      return std::move(*file);
    }
    const Failure& failure = std::get<Failure>(opened);
    log_.failed(failure.what);
    if (failure.trouble != Trouble::kDamaged) return nullptr;
    generations_->discard(kept.get());
  }
  return nullptr;
}

void LmdbStore::drop(const File& file, const Failure& failure) {
  log_.failed(failure.what);
  const SteadyTime now = clock_.steady();
  if (failure.trouble == Trouble::kDamaged) generations_->discard(file->environment().folder());
  const MutexLock lock(mutex_);
  if (failure.trouble != Trouble::kDamaged) write_at_ = now + kLmdbPause;
  if (failure.trouble == Trouble::kFailed || file_ != file) return;
  file_ = nullptr;
  // At once, but not again and again.
  look_at_ = now < dropped_at_ + kLmdbPause ? now + kLmdbPause : now;
  dropped_at_ = now;
}

}  // namespace auth
