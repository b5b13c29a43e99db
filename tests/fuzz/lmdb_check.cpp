// Input: a data file of LMDB, with pages of 512 bytes so that it is small; the first byte is the
// number of the state that is looked at, the second the first of the key that is looked for.
#include "auth/store/lmdb_check.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "auth/base/descriptor.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kOptionBytes = 2;
  constexpr std::size_t kPageSize = 512;
  if (size < kOptionBytes) return 0;
  static const auth::Descriptor file(::memfd_create("lmdb", MFD_CLOEXEC));
  const std::size_t length = size - kOptionBytes;
  fuzz::require(::ftruncate(file.get(), 0) == 0 && ::pwrite(file.get(), data + kOptionBytes, length,
                                                            0) == static_cast<ssize_t>(length));
  const auth::lmdb::DataFile pages{file.get(), kPageSize};
  const std::string key(32, static_cast<char>(data[1]));
  const auto path = auth::lmdb::check_path(pages, data[0], key);
  const auto all = auth::lmdb::check_all(pages, data[0]);
  if (all == auth::lmdb::Soundness::kSound) fuzz::require(path == auth::lmdb::Soundness::kSound);
  return 0;
}
