// Calls LMDB so that none of its assertions ends the process.
#pragma once

#include <lmdb.h>

#include <csetjmp>

namespace auth::lmdb {

// Where the calling thread goes on when an assertion fails; null outside of a call.
inline thread_local std::jmp_buf* assertion_exit = nullptr;

// For mdb_env_set_assert. LMDB aborts the process where this returns.
inline void leave_call(MDB_env*, const char*) noexcept {
  // No exception may cross LMDB, which is C.
  if (assertion_exit != nullptr) std::longjmp(*assertion_exit, 1);  // NOLINT(cert-err52-cpp)
}

// What the call of one LMDB function gives, or MDB_CORRUPTED where an assertion failed: then the
// transaction can be aborted, and nothing else. REQUIRES: the call makes no object that has to be
// destroyed. Not inlined, so that no variable of its caller is lost on the way.
template <typename Call>
[[gnu::noinline]] int call(const Call& function) noexcept {
  std::jmp_buf exit;
  if (setjmp(exit) != 0) {  // NOLINT(cert-err52-cpp): see leave_call
    assertion_exit = nullptr;
    return MDB_CORRUPTED;
  }
  assertion_exit = &exit;
  const int result = function();
  assertion_exit = nullptr;
  return result;
}

}  // namespace auth::lmdb
