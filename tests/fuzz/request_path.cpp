// SPDX-License-Identifier: Apache-2.0
// Input: a REQUEST_URI, and behind a newline what a program does with its path, a step each byte.
#include "fcgi/http/request_path.h"

#include <algorithm>
#include <iterator>

#include "fcgi/http/request_target.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/support/path_readers.h"

namespace {

// What a program looks up.
std::string look_up(std::string path, std::string_view steps) {
  support::Program program;
  for (const char each : steps.substr(0, 8)) {
    const auto step =
        support::kSteps[static_cast<unsigned char>(each) % std::size(support::kSteps)];
    if (program.may_go_on_with(step)) path = step(path);
  }
  return path;
}

// What every reading promises.
void check(const std::string& path, std::size_t size) {
  fuzz::require(path.starts_with('/') && path.size() <= size);
  fuzz::require(path == "/" || !path.ends_with('/'));
  for (const char byte : path) fuzz::require(static_cast<unsigned char>(byte) >= 0x20);
  fuzz::require(path.find_first_of("\\;?#\x7f") == path.npos);
  const std::string closed = path + "/";
  for (const char* unfolded : {"/./", "/../"}) fuzz::require(closed.find(unfolded) == closed.npos);
  fuzz::require(path.find("//") == path.npos);
  // It has one reading itself, unless something is left in it that no rule could name.
  if (path.find('%') != path.npos || !fcgi::is_clean(path)) return;
  fuzz::require(fcgi::request_paths(path) == std::vector<fcgi::Reading>{{path}});
}

void check_readings(std::string_view path, std::string_view steps, fcgi::Case letters) {
  const auto readings = fcgi::request_paths(path, letters);
  if (!readings) return;
  fuzz::require(readings->size() <= fcgi::kMaxReadings);
  fuzz::require(std::any_of(readings->begin(), readings->end(),
                            [](const fcgi::Reading& each) { return !each.is_inside; }));
  for (const fcgi::Reading& each : *readings) check(each.path, path.size());
  std::string looked_up = look_up(std::string(path), steps);
  if (letters == fcgi::Case::kIgnored) looked_up = support::lower_all(looked_up);
  fuzz::require(support::is_foreseen(looked_up, *readings, letters));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view steps = input.substr(std::min(end + 1, size));
  const auto target = fcgi::request_target(input.substr(0, end));
  if (!target) return 0;
  fuzz::require(target->path.starts_with('/') && target->path.find_first_of("?#") == input.npos);
  check_readings(target->path, steps, fcgi::Case::kMatters);
  check_readings(target->path, steps, fcgi::Case::kIgnored);
  return 0;
}
