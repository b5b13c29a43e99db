// SPDX-License-Identifier: Apache-2.0
// LogLine: one line of the log, as it is written.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "auth/base/log_text.h"

namespace auth {

constexpr std::size_t kMaxLogMessage = 4000;  // bytes; what is longer is cut
constexpr std::size_t kMaxLoggedRequest = 128;

// In a fixed buffer: it is written even when memory has run out.
class LogLine {
 public:
  // The journal knows time, process and level itself: of a text it gets the level's number alone,
  // and before an object that number.
  enum class For { kFile, kJournal };

  struct Level {
    std::string_view name;
    char priority;  // the journal's: '3' is an error (sd-daemon(3))
  };

  // request: the id of the request that it is about, or empty.
  LogLine(Level level, std::string_view message, std::string_view request, LogFormat format,
          For reader) noexcept;

  // With its line break.
  [[nodiscard]] std::string_view text() const noexcept { return after_break().substr(1); }
  // With another one before it, for LogFile.
  [[nodiscard]] std::string_view after_break() const noexcept { return {text_.data(), size_}; }

 private:
  void add_time() noexcept;
  void add_text_head(Level level, For reader) noexcept;
  void add_object_head(Level level) noexcept;
  void add(std::string_view bytes) noexcept;
  void add_shown(std::string_view text, LogFormat format) noexcept;

  std::array<char, (kMaxLogMessage + kMaxLoggedRequest) * kMostShown + 256> text_;
  std::size_t size_ = 0;
};

}  // namespace auth
