// SPDX-License-Identifier: Apache-2.0
#include "auth/store/bucket_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/private_folder.h"
#include "auth/store/bucket_file.h"

namespace auth {

using bucket::BucketFile;
using bucket::kBucketBytes;

namespace {

// The file's name: the version of the format, then the number of buckets.
constexpr const char* kFilePrefix = "buckets-1-";

std::string system_message(int error) { return std::generic_category().message(error); }

// Returns what is wrong with the file; empty if it is a regular one, this user's own and in no
// other place.
std::string mistake_in(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return "cannot be examined: " + system_message(errno);
  if (!S_ISREG(status.st_mode)) return "is not a regular file: remove it";
  if (status.st_uid != ::geteuid()) return "belongs to another user: remove it";
  if (status.st_nlink > 1) return "has another name as well: remove it";
  return {};
}

// To write beyond the limit would end the process (SIGXFSZ).
bool may_be_as_large(std::size_t bytes) noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= bytes;
}

}  // namespace

BucketStore::BucketStore(std::string folder, const Clock& clock, std::size_t max_bytes,
                         Metrics& metrics)
    : folder_(std::move(folder)),
      buckets_(std::max<std::size_t>(max_bytes / kBucketBytes, 1)),
      file_name_(kFilePrefix + std::to_string(buckets_)),
      clock_(clock),
      log_("the shared cache in " + folder_, clock, metrics) {}

BucketStore::~BucketStore() = default;

void BucketStore::get(const StoreKey& key, Found found) {
  std::vector<std::string> sealed;
  if (auto entry = get(key)) sealed.push_back(*std::move(entry));
  found(std::move(sealed));
}

void BucketStore::put(const StoreKey& key, Entry entry, Keeps keeps, Kept kept) {
  put(key, entry, keeps);
  kept();
}

std::optional<std::string> BucketStore::get(const StoreKey& key) {
  const File used = file();
  return used ? used->get(key, clock_.wall()) : std::nullopt;
}

void BucketStore::put(const StoreKey& key, const Entry& entry, const Keeps& keeps) {
  const WallTime now = clock_.wall();
  if (entry.sealed.size() > kMaxSealedBytes || entry.until <= now || !may_write()) return;
  const File used = file();
  if (!used) return;
  const auto done = used->put(key, entry, keeps, now);
  if (done) return log_.works();
  log_.failed("its file cannot be written to: " + done.error().sentence);
  const MutexLock lock(mutex_);
  write_at_ = clock_.steady() + kBucketPause;
}

bool BucketStore::may_write() {
  const MutexLock lock(mutex_);
  return clock_.steady() >= write_at_;
}

BucketStore::File BucketStore::file() {
  {
    const MutexLock lock(mutex_);
    if (clock_.steady() < look_at_ && process_ == ::getpid()) return file_;
  }
  // Without the lock: threads that come meanwhile open it as well.
  auto opened = open();
  File found;
  if (opened) {
    found = *std::move(opened);
  } else {
    log_.failed(opened.error().sentence);
  }
  File last = found;  // after the swap the previous one, which is closed without the lock as well
  const MutexLock lock(mutex_);
  file_.swap(last);
  process_ = ::getpid();
  look_at_ = clock_.steady() + kBucketPause;
  return found;
}

// Opens the file each time again: another folder or file may have taken the place of the one in
// use.
Result<BucketStore::File, Mistake> BucketStore::open() const {
  auto folder = open_private_folder(folder_);
  if (!folder) return Mistake{"it " + folder.error().sentence};
  if (!may_be_as_large(buckets_ * kBucketBytes)) {
    return Mistake{"files may not be as large as it needs: ulimit -f unlimited"};
  }
  const std::string its_file = "its file " + file_name_ + ' ';
  Descriptor file(::openat(folder->get(), file_name_.c_str(),
                           O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                           S_IRUSR | S_IWUSR));
  if (!file.is_open()) {
    if (errno == ELOOP) return Mistake{its_file + "is a link: remove it"};
    return Mistake{its_file + "cannot be opened: " + system_message(errno)};
  }
  const std::string mistake = mistake_in(file.get());
  if (!mistake.empty()) return Mistake{its_file + mistake};
  return std::make_shared<BucketFile>(std::move(file), buckets_);
}

}  // namespace auth
