#include "auth/store/lmdb_environment.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "auth/store/lmdb_call.h"
#include "auth/store/lmdb_turn.h"

namespace auth::lmdb {
namespace {

// LMDB's names.
constexpr const char* kDataFile = "data.mdb";
constexpr const char* kLockFile = "lock.mdb";
constexpr mode_t kMode = S_IRUSR | S_IWUSR;
// Room for about 1,000 threads that read at the same time.
constexpr std::size_t kLockBytes = 64 << 10;

Failure system_failure(const char* what) {
  return {Trouble::kFailed, std::string(what) + ": " + mdb_strerror(errno)};
}

bool is_file_of(int file, std::size_t size) noexcept {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::size_t>(status.st_size) == size;
}

bool are_whole(int data_file, int lock_file) noexcept {
  return is_file_of(data_file, kMapBytes) && is_file_of(lock_file, kLockBytes);
}

// Of which LMDB makes its pages here.
std::size_t page_size() noexcept {
  return std::min(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), kMaxPageSize);
}

// To write beyond it would end the process (SIGXFSZ).
std::optional<Failure> check_size_limit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= kMapBytes) return std::nullopt;
  return Failure{Trouble::kFailed, "files may not be as large as it needs: ulimit -f unlimited"};
}

// Of what is open, under whatever name: another one may have taken its own meanwhile.
std::string path_of(int file) { return "/proc/self/fd/" + std::to_string(file); }

int open_at(MDB_env* environment, int folder) {
  int result = mdb_env_set_mapsize(environment, kMapBytes);
  if (result == MDB_SUCCESS) result = mdb_env_set_assert(environment, &leave_call);
  if (result != MDB_SUCCESS) return result;
  return mdb_env_open(environment, path_of(folder).c_str(), MDB_NOSYNC | MDB_NOTLS, kMode);
}

}  // namespace

Failure failure_of(int result) {
  const std::string what = mdb_strerror(result);
  switch (result) {
    case MDB_PANIC:
    case MDB_BAD_RSLOT:
      return {Trouble::kBroken, what};
    case MDB_READERS_FULL:
      return {Trouble::kFailed, what};
    case EBUSY:
      return {Trouble::kFailed, "others have kept it locked for too long"};
    default:
      // LMDB's own codes are negative. What is left of them speaks of the file.
      return {result < 0 ? Trouble::kDamaged : Trouble::kFailed, what};
  }
}

std::optional<Failure> Environment::create(int folder) {
  if (auto failure = check_size_limit()) return failure;
  {
    // LMDB writes to this file through memory: where the disk had no room for that, the process
    // would be killed. So it gets its room here.
    const Descriptor lock(
        ::openat(folder, kLockFile, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
    if (!lock.is_open()) return system_failure("its lock file cannot be made");
    errno = ::posix_fallocate(lock.get(), 0, kLockBytes);
    if (errno != 0) return system_failure("there is no room for its lock file");
  }
  MDB_env* made = nullptr;
  int result = mdb_env_create(&made);
  if (result != MDB_SUCCESS) return failure_of(result);
  const std::unique_ptr<MDB_env, decltype(&mdb_env_close)> environment(made, &mdb_env_close);
  int data_file = -1;
  result = open_at(made, folder);
  if (result == MDB_SUCCESS) result = mdb_env_get_fd(made, &data_file);
  if (result != MDB_SUCCESS) return failure_of(result);
  // Any other size will tell that something has cut it.
  if (::ftruncate(data_file, kMapBytes) != 0) return system_failure("its data file cannot grow");
  return std::nullopt;
}

std::variant<std::unique_ptr<Environment>, Failure> Environment::open(Descriptor folder) {
  std::unique_ptr<Environment> environment(new Environment(std::move(folder)));
  if (std::optional<Failure> failure = environment->open_files()) return *std::move(failure);
  return environment;
}

Environment::Environment(Descriptor folder)
    : pid_(::getpid()), folder_(std::move(folder)), page_size_(page_size()) {}

// After a fork it is the parent's: whatever LMDB would do here, it would do to the parent.
Environment::~Environment() {
  if (environment_ != nullptr && is_ours() && mend_lock_file()) mdb_env_close(environment_);
}

// LMDB clears its places in the lock file when it closes: where that was cut, to touch them would
// end the process. So it gets its room again; where there is none, the environment stays open.
bool Environment::mend_lock_file() const {
  if (is_file_of(lock_file_.get(), kLockBytes)) return true;
  const Descriptor file(::open(path_of(lock_file_.get()).c_str(), O_WRONLY | O_CLOEXEC));
  return file.is_open() && ::posix_fallocate(file.get(), 0, kLockBytes) == 0;
}

std::optional<Failure> Environment::open_files() {
  if (auto failure = check_size_limit()) return failure;
  lock_file_ = Descriptor(::openat(folder(), kLockFile, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  Descriptor data(::openat(folder(), kDataFile, O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!data.is_open() && (errno == EROFS || errno == EACCES)) {
    return system_failure("its data file cannot be opened");
  }
  const DataFile file{data.get(), page_size_};
  // LMDB itself would take what it finds there for true.
  if (!are_whole(data.get(), lock_file_.get()) || !read_meta(file, 0) || !read_meta(file, 1)) {
    return Failure{Trouble::kDamaged, "its files are damaged"};
  }
  const LockFileTurn turn(std::move(data));
  if (!turn.taken()) return failure_of(EBUSY);
  int result = mdb_env_create(&environment_);
  if (result == MDB_SUCCESS) result = open_at(environment_, folder());
  if (result == MDB_SUCCESS) result = mdb_env_get_fd(environment_, &data_file_);
  MDB_stat stat{};
  MDB_envinfo info{};
  if (result == MDB_SUCCESS) result = mdb_env_stat(environment_, &stat);
  if (result == MDB_SUCCESS) result = mdb_env_info(environment_, &info);
  if (result != MDB_SUCCESS) return failure_of(result);
  if (info.me_mapsize != kMapBytes || stat.ms_psize != page_size_) {
    return Failure{Trouble::kDamaged, "its pages are not of its size"};
  }
  // LMDB leaves it open for programs that this process starts.
  if (::fcntl(data_file_, F_SETFD, FD_CLOEXEC) != 0) return system_failure("its data file");
  return std::nullopt;
}

bool Environment::is_whole() const noexcept { return are_whole(data_file_, lock_file_.get()); }

bool Environment::is_ours() const noexcept { return pid_ == ::getpid(); }

}  // namespace auth::lmdb
