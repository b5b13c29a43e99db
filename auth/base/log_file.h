// SPDX-License-Identifier: Apache-2.0
// The file that the log goes to where the operator names one.
#pragma once

#include <array>
#include <atomic>
#include <climits>
#include <string_view>

namespace auth {

// Opened with the first line; made, with mode 0600, where it is not there. A link, a FIFO and the
// like, and a file of another user are refused. Never waits for anybody and needs no memory.
// Thread-safe but for set_path.
class LogFile {
 public:
  // Names that no file can have stand for none, as the empty one does.
  void set_path(std::string_view path) noexcept;
  [[nodiscard]] bool is_set() const noexcept { return path_[0] != '\0'; }
  [[nodiscard]] const char* path() const noexcept { return path_.data(); }

  // Both give what went wrong: "cannot be opened", and why; or nothing.
  struct Trouble {
    const char* what = nullptr;
    const char* why = nullptr;
    explicit operator bool() const noexcept { return what != nullptr; }
  };

  // Appends by one write, so that lines of several processes do not mix. line: with a line break at
  // its end and one before its beginning, which is written only if the file took only a part of the
  // line before.
  [[nodiscard]] Trouble append(std::string_view line) noexcept;

  // Opens the file of that name anew. No line is lost meanwhile.
  [[nodiscard]] Trouble reopen() noexcept;

 private:
  // Once a file is open its number stays, whatever file it stands for: another thread may be
  // writing. No lock is held over that.
  std::array<char, PATH_MAX> path_{};
  std::atomic<int> number_{-1};
  std::atomic<bool> is_open_{false};
  std::atomic<bool> is_torn_{false};
};

}  // namespace auth
