// SPDX-License-Identifier: Apache-2.0
// The file that the log goes to where the operator names one.
#pragma once

#include <array>
#include <atomic>
#include <climits>
#include <cstddef>
#include <string_view>

#include "auth/base/mutex.h"

namespace auth {

// The first line opens the file; a missing file is made with mode 0600. A link, a FIFO and the
// like, and a file of another user are refused. Waits only for a thread that is just opening the
// file, and allocates no memory. Thread-safe.
class LogFile {
 public:
  // The name of the file, with a null byte at its end; empty: there is none.
  using Path = std::array<char, PATH_MAX>;

  // A name that no file can have means no file, as the empty name does.
  void set_path(std::string_view path) noexcept;
  [[nodiscard]] bool is_set() const noexcept { return is_set_.load(); }
  [[nodiscard]] Path path() const noexcept;

  // The problem of a function below: what, "cannot be opened", and why. False if there is none.
  struct Trouble {
    const char* what = nullptr;
    const char* why = nullptr;
    std::size_t left = 0;  // bytes that were not appended, at the end of the line
    explicit operator bool() const noexcept { return what != nullptr; }
  };

  // Appends by one write, so that lines of several processes do not mix. line: with a line break at
  // its end and one before its beginning, which is written only if the file took only a part of the
  // line before.
  [[nodiscard]] Trouble append(std::string_view line) noexcept;

  // Reopens the file by its name. No line is lost meanwhile.
  [[nodiscard]] Trouble reopen() noexcept;

  // Continues in the file of another name; in the same one as before if that cannot be opened.
  [[nodiscard]] Trouble move_to(std::string_view path) noexcept;

 private:
  [[nodiscard]] Trouble open(const Path& path) noexcept REQUIRES_LOCK(mutex_);
  void take(const Path& path) noexcept REQUIRES_LOCK(mutex_);

  mutable Mutex mutex_{};
  Path path_ GUARDED_BY(mutex_){};
  std::atomic<bool> is_set_{false};
  // The descriptor. Once a file is open, this number stays, whatever file it stands for: another
  // thread may be writing to it, and holds no lock meanwhile.
  std::atomic<int> number_{-1};
  std::atomic<bool> is_open_{false};
  std::atomic<bool> is_torn_{false};
};

}  // namespace auth
