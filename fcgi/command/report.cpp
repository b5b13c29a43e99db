// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/report.h"

#include <algorithm>

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

}  // namespace

bool Report::is_good() const noexcept {
  return std::none_of(lines_.begin(), lines_.end(),
                      [](const Line& line) { return line.mark == Mark::kBad; });
}

std::string Report::shown(const Line& line) {
  return std::string(sign_of(line.mark)) + line.name + ": " + line.text + '\n';
}

void Report::add(Mark mark, std::string_view name, std::string_view text) {
  lines_.push_back({mark, std::string(name), auth::visible_text(text)});
}

}  // namespace fcgi
