// Environment: an LMDB environment, a folder with a data file and a lock file, opened in this
// process.
//
// Written without fsync: a crash of the machine may leave anything in it, so it is never opened
// after one (lmdb_generations.h). A crash of a process leaves the last committed state.
#pragma once

#include <lmdb.h>
#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "auth/base/descriptor.h"
#include "auth/store/lmdb_page.h"

namespace auth::lmdb {

// The store's bound: the data file is never larger. Disk space is taken only for what is used.
constexpr std::size_t kMapBytes = 64 << 20;

enum class Trouble {
  kDamaged,  // has to be made anew
  kBroken,   // has to be opened anew
  kFailed,   // may work next time
};

struct Failure {
  Trouble trouble;
  std::string what;
};

// Of what an LMDB function gave.
[[nodiscard]] Failure failure_of(int result);

// Immutable after opening. Not to be used after a fork, but may be destroyed then.
class Environment {
 public:
  // Makes both files in an empty folder.
  [[nodiscard]] static std::optional<Failure> create(int folder);

  // LMDB bears one for each folder and process.
  [[nodiscard]] static std::variant<std::unique_ptr<Environment>, Failure> open(Descriptor folder);

  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

  [[nodiscard]] MDB_env* get() const noexcept { return environment_; }
  // The folder it was opened in, whatever its name is by now.
  [[nodiscard]] int folder() const noexcept { return folder_.get(); }
  [[nodiscard]] DataFile data_file() const noexcept { return {data_file_, page_size_}; }
  // Whether neither file was cut. To touch memory behind the end of one would end the process.
  [[nodiscard]] bool is_whole() const noexcept;
  // Whether this process has opened it, rather than its parent.
  [[nodiscard]] bool is_ours() const noexcept;

 private:
  explicit Environment(Descriptor folder);
  [[nodiscard]] std::optional<Failure> open_files();
  [[nodiscard]] bool mend_lock_file() const;

  const pid_t pid_;
  const Descriptor folder_;
  Descriptor lock_file_{};  // O_PATH: closing it gives up no lock
  MDB_env* environment_ = nullptr;
  int data_file_ = -1;  // LMDB's
  const std::size_t page_size_;
};

}  // namespace auth::lmdb
