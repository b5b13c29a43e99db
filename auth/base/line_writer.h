// SPDX-License-Identifier: Apache-2.0
// LineWriter: writes lines to a file or to the journal, without anybody who waits for it.
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

// What waits to be written; beyond it lines are dropped.
constexpr std::size_t kMaxWaitingLines = 1 << 20;
// After the first line others are waited for, so that a write takes many of them.
constexpr std::chrono::milliseconds kLinesGather{20};
// No write is longer than this, or than one line.
constexpr std::size_t kMaxWritten = 64 << 10;
constexpr std::chrono::seconds kLossesToldAgain{10};

// Thread-safe.
class LineWriter {
 public:
  enum class Thread {
    kOwn,   // lines are written within moments
    kNone,  // when it is stopped: by a process that ends with its first request
  };

  // setting: its name, for the log. path: of a file as in log_file.h; empty: the journal, which
  // knows the lines by the identifier. The clock must outlive it.
  LineWriter(std::string_view setting, std::string_view path, std::string_view identifier,
             Thread thread, const Clock& clock);
  // As stop.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // line: with its line break, and without another one. Waits for nobody, and never throws. A line
  // that could not be kept or written is counted, and the log tells how many.
  void add(std::string_view line) noexcept { queue_.add(line); }

  // Counts one that could not even be made.
  void lost_one() noexcept { queue_.drop(); }

  // Opens the file of that name anew. No line is lost.
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
  // Of whoever writes.
  JournalSocket journal_{};
  std::uint64_t lost_ = 0;  // not told yet
  std::string why_{};
  SteadyTime next_word_{};

  std::thread thread_{};
};

}  // namespace auth
