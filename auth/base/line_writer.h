// SPDX-License-Identifier: Apache-2.0
// LineWriter: writes lines to a file or to the journal, so that no caller waits for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "auth/base/clock.h"
#include "auth/base/journal.h"
#include "auth/base/line_queue.h"
#include "auth/base/log_file.h"

namespace auth {

// Maximum number of bytes that wait to be written. Lines beyond it are dropped.
constexpr std::size_t kMaxWaitingLines = 1 << 20;
// Pause after a write, so that the next write takes many lines.
constexpr std::chrono::milliseconds kLinesGather{20};
// Maximum number of bytes of one write. Only a single line may be longer.
constexpr std::size_t kMaxWritten = 64 << 10;
constexpr std::chrono::seconds kLossesToldAgain{10};

// Thread-safe.
class LineWriter {
 public:
  enum class Thread {
    kOwn,   // lines are written within moments
    kNone,  // lines are written by stop: for a process that ends with its first request
  };

  // setting: the name of the setting, for the log. path: a file as in log_file.h; empty: the
  // journal, where the lines have this identifier. The clock must outlive it.
  LineWriter(std::string_view setting, std::string_view path, std::string_view identifier,
             Thread thread, const Clock& clock);
  // Does the same as stop.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // line: with its line break, and without another one. Waits for nobody, and never throws. Lines
  // that could not be kept or written are counted, and their number is logged.
  void add(std::string_view line) noexcept { queue_.add(line); }

  // Counts a line that could not even be made.
  void lost_one() noexcept { queue_.drop(); }

  // Reopens the file by its name. No line is lost.
  void reopen();

  // Writes what is left, and takes no more.
  void stop();

 private:
  void run();
  void write(std::string_view lines);
  void write_file(std::string_view lines);
  void write_journal(std::string_view lines);
  void lose(std::uint64_t lines, std::string_view why);
  void tell();

  const std::string setting_;
  const std::string identifier_;
  const Clock& clock_;
  const Thread kind_;
  LineQueue queue_{kMaxWaitingLines};
  LogFile file_{};
  // Used only by the thread that writes.
  JournalSocket journal_{};
  std::uint64_t lost_ = 0;  // lines, not reported yet
  std::string why_{};
  SteadyTime next_word_{};

  std::thread thread_{};
};

}  // namespace auth
