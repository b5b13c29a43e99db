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

  // What it is about: a section of the settings, a request's id; empty: none.
  struct About {
    std::string_view section{};
    std::string_view request{};
  };

  LogLine(Level level, std::string_view message, About about, LogFormat format,
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
  void add_member(std::string_view name, std::string_view value) noexcept;
  void add_shown(std::string_view text, LogFormat format) noexcept;

  std::array<char, (kMaxLogMessage + kMaxLoggedRequest + kMaxLoggedSection) * kMostShown + 256>
      text_;
  std::size_t size_ = 0;
};

}  // namespace auth
