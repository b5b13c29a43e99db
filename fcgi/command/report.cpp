// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/report.h"

#include <algorithm>

#include "auth/base/text.h"
#include "auth/base/utf8.h"

namespace fcgi {
namespace {

std::string_view sign_of(Report::Mark mark) {
  switch (mark) {
    case Report::Mark::kGood:
      return "✓ ";
    case Report::Mark::kBad:
      return "✗ ";
    case Report::Mark::kNote:
      return "– ";
  }
  return {};
}

// A path may hold any byte.
std::string clean(std::string_view text) {
  std::string cleaned;
  while (!text.empty()) {
    const std::size_t length = auth::utf8_length(text);
    const bool is_shown = length > 1 || (length == 1 && !auth::is_control(text[0]));
    cleaned += is_shown ? text.substr(0, length) : "?";
    text.remove_prefix(std::max(length, std::size_t{1}));
  }
  return cleaned;
}

}  // namespace

bool Report::is_good() const noexcept {
  return std::none_of(lines_.begin(), lines_.end(),
                      [](const Line& line) { return line.mark == Mark::kBad; });
}

std::string Report::shown(const Line& line) {
  return std::string(sign_of(line.mark)) + line.name + ": " + line.text + '\n';
}

void Report::add(Mark mark, std::string_view name, std::string_view text) {
  lines_.push_back({mark, std::string(name), clean(text)});
}

}  // namespace fcgi
