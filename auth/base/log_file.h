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

// Opened with the first line; made, with mode 0600, where it is not there. A link, a FIFO and the
// like, and a file of another user are refused. Waits for nobody but who opens it just then, and
// needs no memory. Thread-safe.
class LogFile {
 public:
  // The name of the file, with a null byte at its end; empty: there is none.
  using Path = std::array<char, PATH_MAX>;

  // Names that no file can have stand for none, as the empty one does.
  void set_path(std::string_view path) noexcept;
  [[nodiscard]] bool is_set() const noexcept { return is_set_.load(); }
  [[nodiscard]] Path path() const noexcept;

  // All give what went wrong: "cannot be opened", and why; or nothing.
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

  // Opens the file of that name anew. No line is lost meanwhile.
  [[nodiscard]] Trouble reopen() noexcept;

  // Goes on in the file of another name; where that cannot be opened, in the one as before.
  [[nodiscard]] Trouble move_to(std::string_view path) noexcept;

 private:
  [[nodiscard]] Trouble open(const Path& path) noexcept REQUIRES_LOCK(mutex_);
  void take(const Path& path) noexcept REQUIRES_LOCK(mutex_);

  mutable Mutex mutex_{};
  Path path_ GUARDED_BY(mutex_){};
  std::atomic<bool> is_set_{false};
  // Once a file is open its number stays, whatever file it stands for: another thread may be
  // writing. No lock is held over that.
  std::atomic<int> number_{-1};
  std::atomic<bool> is_open_{false};
  std::atomic<bool> is_torn_{false};
};

}  // namespace auth
