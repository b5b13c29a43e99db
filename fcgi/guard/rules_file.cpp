// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/rules_file.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "auth/base/descriptor.h"
#include "auth/base/file_access.h"
#include "auth/base/log.h"

namespace fcgi {
namespace {

constexpr int kMostRests = 5;

// Returns why, and what mends it.
auth::Mistakes cannot_be_read(const std::string& path, int code) {
  std::string sentence = "it cannot be read: " + std::generic_category().message(code);
  if (code == EACCES) {
    for (const std::string& each : auth::reading_obstacles(path, auth::this_reader(), false)) {
      sentence += "; " + each;
    }
  }
  return {sentence};
}

// Returns the text of the file, or a message for the operator. A pipe must not keep anybody
// waiting.
auth::Result<std::string, auth::Mistakes> text_of(const std::string& path) {
  const auth::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.is_open() && ::fstat(file.get(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return auth::Mistakes{"it is no regular file"};
  }
  std::string text;
  std::array<char, 8192> part;
  ssize_t count = -1;
  while (file.is_open() && text.size() <= kMaxRulesBytes &&
         (count = ::read(file.get(), part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  if (count < 0) return cannot_be_read(path, errno);
  return text;
}

auth::Mistakes with_path(const std::string& path, auth::Mistakes mistakes) {
  const std::string place = "ZITADEL_RULES " + path + ": ";
  for (std::string& mistake : mistakes) mistake.insert(0, place);
  return mistakes;
}

}  // namespace

// Does not hold the lock: only the thread that checks waits for the disk.
class RulesFile::Look {
 public:
  explicit Look(RulesFile& file) : file_(file) {}
  Look(const Look&) = delete;
  Look& operator=(const Look&) = delete;
  ~Look() {
    const auth::MutexLock lock(file_.mutex_);
    file_.is_looking_ = false;
    if (found) file_.rules_.swap(found);
  }

  std::shared_ptr<const Rules> found{};  // after the swap: the old rules, freed without the lock

 private:
  RulesFile& file_;
};

auth::Result<std::unique_ptr<RulesFile>, auth::Mistakes> RulesFile::open(
    std::string path, const auth::Clock& clock, std::chrono::milliseconds rest,
    auth::Metrics& metrics) {
  for (int tries = 0; tries < kMostRests; ++tries) {
    const Stamp stamp = stamp_of(path);
    if (!is_old(stamp, clock, rest)) std::this_thread::sleep_for(rest);
    auto rules = read(path);
    if (stamp_of(path) != stamp) continue;
    if (!rules) return std::move(rules).error();
    return std::unique_ptr<RulesFile>(
        new RulesFile(std::move(path), clock, rest, stamp, *std::move(rules), metrics));
  }
  return with_path(path, {"it is written to again and again: write another file, and then rename "
                          "that to this one"});
}

RulesFile::RulesFile(std::string path, const auth::Clock& clock, std::chrono::milliseconds rest,
                     Stamp stamp, Rules rules, auth::Metrics& metrics)
    : path_(std::move(path)),
      clock_(clock),
      rest_(rest),
      metrics_(metrics),
      known_{stamp, stamp, clock.steady(), clock.steady()},
      next_look_(clock.steady() + kRulesCheckInterval),
      rules_(std::make_shared<const Rules>(std::move(rules))) {}

std::shared_ptr<const Rules> RulesFile::current() {
  const auth::SteadyTime now = clock_.steady();
  {
    const auth::MutexLock lock(mutex_);
    if (is_looking_ || now < next_look_) return rules_;
    is_looking_ = true;
    next_look_ = now + kRulesCheckInterval;
  }
  bool has_changed = false;
  {
    Look look(*this);
    look.found = look_again(now);
    has_changed = look.found != nullptr;
  }
  if (has_changed) {
    auth::log(auth::LogLevel::kInfo, "ZITADEL_RULES " + path_ + ": the changed rules are in force");
  }
  const auth::MutexLock lock(mutex_);
  return rules_;
}

bool RulesFile::is_old(const Stamp& stamp, const auth::Clock& clock,
                       std::chrono::milliseconds rest) {
  const std::chrono::nanoseconds changed(stamp.changed);
  return clock.wall_microseconds().time_since_epoch() - changed >= rest;
}

// A process that checks every second sees itself how long the file rests, whatever the clock says
// on the machine that keeps the file. The first request after a longer time must not be decided by
// the rules of hours ago: then the file's own time is used.
bool RulesFile::is_resting(const Stamp& stamp, auth::SteadyTime now) {
  const bool was_away = now >= known_.looked_at + 2 * kRulesCheckInterval;
  known_.looked_at = now;
  if (stamp != known_.seen) {
    known_.seen = stamp;
    known_.seen_at = now;
  }
  return now >= known_.seen_at + rest_ || (was_away && is_old(stamp, clock_, rest_));
}

std::shared_ptr<const Rules> RulesFile::look_again(auth::SteadyTime now) {
  const Stamp stamp = stamp_of(path_);
  if (!is_resting(stamp, now) || stamp == known_.in_force) return nullptr;
  auto rules = read(path_);
  if (stamp_of(path_) != stamp) return nullptr;
  known_.in_force = stamp;
  metrics_.add(rules ? auth::Counter::kRulesRead : auth::Counter::kRulesFailed);
  if (!rules) {
    for (const std::string& mistake : rules.error()) auth::log(auth::LogLevel::kError, mistake);
    auth::log(auth::LogLevel::kError, "the rules before that change stay in force");
    return nullptr;
  }
  return std::make_shared<const Rules>(*std::move(rules));
}

auth::Result<Rules, auth::Mistakes> RulesFile::read(const std::string& path) {
  auto text = text_of(path);
  auto rules = text ? Rules::parse(*text) : std::move(text).error();
  if (!rules) rules = with_path(path, std::move(rules).error());
  return rules;
}

RulesFile::Stamp RulesFile::stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size,
          std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
}

}  // namespace fcgi
