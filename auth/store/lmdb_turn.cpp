#include "auth/store/lmdb_turn.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace auth::lmdb {
namespace {

// Of the open file, so that it keeps out other threads as well and goes when it is closed. Where
// the file system knows no such lock, LMDB's own must do.
bool lock(int file) noexcept {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_len = 1;
  return ::fcntl(file, F_OFD_SETLK, &range) == 0 ||
         (errno != EAGAIN && errno != EACCES && errno != EINTR);
}

Descriptor opened_again(int file) {
  return Descriptor(::open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDWR | O_CLOEXEC));
}

}  // namespace

LockFileTurn::LockFileTurn(Descriptor data_file)
    : data_file_(std::move(data_file)),
      taken_(take_turn([this] { return lock(data_file_.get()); })) {}

LockFileTurn::LockFileTurn(int data_file) : LockFileTurn(opened_again(data_file)) {}

}  // namespace auth::lmdb
