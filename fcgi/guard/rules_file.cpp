#include "fcgi/guard/rules_file.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "auth/base/descriptor.h"
#include "auth/base/log.h"

namespace fcgi {
namespace {

// The text of the file, or what the operator is told. A pipe must not keep anybody waiting.
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
  if (count < 0) {
    return auth::Mistakes{"it cannot be read: " + std::generic_category().message(errno)};
  }
  return text;
}

auth::Mistakes with_path(const std::string& path, auth::Mistakes mistakes) {
  const std::string place = "ZITADEL_RULES " + path + ": ";
  for (std::string& mistake : mistakes) mistake.insert(0, place);
  return mistakes;
}

}  // namespace

auth::Result<std::unique_ptr<RulesFile>, auth::Mistakes> RulesFile::open(std::string path,
                                                                         const auth::Clock& clock) {
  Reading first = read(path);
  if (!first.outcome) return std::move(first.outcome).error();
  return std::unique_ptr<RulesFile>(new RulesFile(std::move(path), clock, std::move(first)));
}

RulesFile::RulesFile(std::string path, const auth::Clock& clock, Reading first)
    : path_(std::move(path)),
      clock_(clock),
      stamp_(first.stamp),
      next_look_(clock.steady() + kRulesCheckInterval),
      rules_(std::make_shared<const Rules>(*std::move(first.outcome))) {}

std::shared_ptr<const Rules> RulesFile::current() {
  const auth::MutexLock lock(mutex_);
  if (const auth::SteadyTime now = clock_.steady(); now >= next_look_) {
    next_look_ = now + kRulesCheckInterval;
    look_again();
  }
  return rules_;
}

// A time far in the future is another machine's: nothing is to be learned from it.
bool RulesFile::is_resting(const Stamp& stamp) const {
  const std::chrono::nanoseconds changed(stamp.changed);
  const auto age = clock_.wall().time_since_epoch() - changed;  // up to a second too little
  return age >= kRulesCheckInterval || age <= -2 * kRulesCheckInterval;
}

// Under the lock: once in a while a small file is read, and nobody decides by half of it.
void RulesFile::look_again() {
  const Stamp stamp = stamp_of(path_);
  if (stamp == stamp_ || !is_resting(stamp)) return;
  Reading reading = read(path_);
  if (stamp_of(path_) != reading.stamp) return;
  stamp_ = reading.stamp;
  if (!reading.outcome) {
    for (const std::string& mistake : reading.outcome.error())
      auth::log(auth::LogLevel::kError, mistake);
    auth::log(auth::LogLevel::kError, "the rules before that change stay in force");
    return;
  }
  rules_ = std::make_shared<const Rules>(*std::move(reading.outcome));
  auth::log(auth::LogLevel::kInfo, "ZITADEL_RULES " + path_ + ": the changed rules are in force");
}

RulesFile::Reading RulesFile::read(const std::string& path) {
  // Stamped before reading: a change in between is found by the next look.
  const Stamp stamp = stamp_of(path);
  auto text = text_of(path);
  auto rules = text ? Rules::parse(*text) : std::move(text).error();
  if (!rules) rules = with_path(path, std::move(rules).error());
  return {stamp, std::move(rules)};
}

RulesFile::Stamp RulesFile::stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size,
          std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
}

}  // namespace fcgi
