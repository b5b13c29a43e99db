// SPDX-License-Identifier: Apache-2.0
#include "auth/base/line_writer.h"

#include <algorithm>
#include <utility>

#include "auth/base/log.h"
#include "auth/base/log_section.h"

namespace auth {
namespace {

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

// Returns the size of as many whole lines as one write takes, at least of one.
std::size_t first_write(std::string_view lines) {
  if (lines.size() <= kMaxWritten) return lines.size();
  const std::size_t last = lines.rfind('\n', kMaxWritten - 1);
  return (last == lines.npos ? lines.find('\n') : last) + 1;
}

}  // namespace

LineWriter::LineWriter(std::string_view setting, std::string_view path, std::string_view identifier,
                       Thread thread, const Clock& clock)
    : setting_(setting), identifier_(identifier), clock_(clock), kind_(thread) {
  file_.set_path(path);
  if (thread == Thread::kOwn) thread_ = LogSection::start([this] { run(); });
}

LineWriter::~LineWriter() { stop(); }

void LineWriter::stop() {
  queue_.close();
  if (thread_.joinable()) return thread_.join();
  run();
}

void LineWriter::reopen() {
  if (!file_.is_set()) return;
  if (const LogFile::Trouble trouble = file_.reopen()) {
    log(LogLevel::kError,
        setting_ + ' ' + file_.path().data() + ' ' + trouble.what + ": " + trouble.why);
  }
}

void LineWriter::run() {
  LineQueue::Taken taken;
  while (queue_.wait(taken)) {
    write(taken.lines);
    if (taken.dropped > 0) lose(taken.dropped, "they came faster than they could be written");
    tell();
    // The lines that come meanwhile are then written together.
    if (kind_ == Thread::kOwn) std::this_thread::sleep_for(kLinesGather);
  }
  next_word_ = {};
  tell();
}

void LineWriter::write(std::string_view lines) {
  file_.is_set() ? write_file(lines) : write_journal(lines);
}

void LineWriter::write_file(std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view piece = lines.substr(0, first_write(lines));
    lines.remove_prefix(piece.size());
    if (const LogFile::Trouble trouble = file_.append('\n' + std::string(piece))) {
      const std::string_view lost =
          piece.substr(piece.size() - std::min(trouble.left, piece.size()));
      lose(count_lines(lost),
           std::string(file_.path().data()) + ' ' + trouble.what + ": " + trouble.why);
    }
  }
}

void LineWriter::write_journal(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (const char* const why = journal_.send(identifier_, lines.substr(0, end))) {
      // Each of the other lines would wait as long.
      return lose(count_lines(lines), std::string("the journal does not take them: ") + why);
    }
    lines.remove_prefix(end + 1);
  }
}

void LineWriter::lose(std::uint64_t lines, std::string_view why) {
  lost_ += lines;
  why_ = why;
}

void LineWriter::tell() {
  const SteadyTime now = clock_.steady();
  if (why_.empty() || now < next_word_) return;
  next_word_ = now + kLossesToldAgain;
  log(LogLevel::kError, setting_ + ": lines lost: " + std::to_string(std::exchange(lost_, 0)) +
                            "; " + std::exchange(why_, {}));
}

}  // namespace auth
