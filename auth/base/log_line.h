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
constexpr std::size_t kMaxLoggedSection = 128;

// The line is in a fixed buffer, so it can be written even when memory has run out.
class LogLine {
 public:
  // The journal records time, process and level itself. A text for it has only the level's number
  // in front; a JSON object has that number in front as well.
  enum class For { kFile, kJournal };

  struct Level {
    std::string_view name;
    char priority;  // the journal's: '3' is an error (sd-daemon(3))
  };

  // The section of the settings and the id of the request that the line is about; empty: none.
  struct About {
    std::string_view section{};
    std::string_view request{};
  };

  LogLine(Level level, std::string_view message, About about, LogFormat format,
          For reader) noexcept;

  // The line with its line break.
  [[nodiscard]] std::string_view text() const noexcept { return after_break().substr(1); }
  // The same with another line break before it, for LogFile.
  [[nodiscard]] std::string_view after_break() const noexcept { return {text_.data(), size_}; }

 private:
  void add_time() noexcept;
  void add_text_head(Level level, For reader) noexcept;
  void add_object_head(Level level) noexcept;
  void add(std::string_view bytes) noexcept;
  void add_member(std::string_view name, std::string_view value) noexcept;
  void add_shown(std::string_view text, LogFormat format) noexcept;

  std::array<char, (kMaxLogMessage + kMaxLoggedRequest + kMaxLoggedSection) * kMostShown + 256>
      text_;
  std::size_t size_ = 0;
};

}  // namespace auth
