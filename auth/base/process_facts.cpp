// SPDX-License-Identifier: Apache-2.0
#include "auth/base/process_facts.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/text.h"

namespace auth {
namespace {

using std::chrono::microseconds;

// Numbers of fields in proc(5), counted from the one after the program's name, which may hold
// anything.
enum Field : std::size_t {
  kState = 0,
  kUserTime = 11,
  kSystemTime = 12,
  kThreads = 17,
  kStarted = 19,
  kResident = 21,
  kFields = 22
};

std::string read_small(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 2048> text{};
  const ssize_t count = file.is_open() ? ::read(file.get(), text.data(), text.size()) : -1;
  return count > 0 ? std::string(text.data(), static_cast<std::size_t>(count)) : std::string();
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  static_cast<void>(std::from_chars(text.data(), text.data() + text.size(), value));
  return value;
}

microseconds of_ticks(std::uint64_t ticks) {
  static const long per_second = std::max(::sysconf(_SC_CLK_TCK), 1L);
  return microseconds(static_cast<std::int64_t>(ticks) * 1'000'000 / per_second);
}

microseconds now(clockid_t clock) {
  timespec time{};
  static_cast<void>(::clock_gettime(clock, &time));
  return microseconds(time.tv_sec * 1'000'000 + time.tv_nsec / 1'000);
}

}  // namespace

std::optional<ProcessFacts> facts_of_process(std::int32_t pid) {
  const std::string text = read_small("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_ends = text.rfind(')');
  if (name_ends == text.npos) return std::nullopt;
  const std::vector<std::string_view> fields =
      words_of(std::string_view(text).substr(name_ends + 1));
  if (fields.size() < kFields) return std::nullopt;
  ProcessFacts facts;
  facts.has_ended = fields[kState] == "Z" || fields[kState] == "X";
  facts.started = number(fields[kStarted]);
  facts.cpu = of_ticks(number(fields[kUserTime]) + number(fields[kSystemTime]));
  facts.started_at = now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME) + of_ticks(facts.started);
  facts.threads = number(fields[kThreads]);
  facts.resident_bytes =
      number(fields[kResident]) * static_cast<std::uint64_t>(std::max(::sysconf(_SC_PAGESIZE), 1L));
  return facts;
}

std::optional<std::uint64_t> own_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/self/fd", error);
  std::uint64_t count = 0;
  for (auto each = all; !error && each != end(all); each.increment(error)) ++count;
  if (error) return std::nullopt;
  return count - 1;  // without that of the folder itself
}

}  // namespace auth
